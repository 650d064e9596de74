//! A stock Django project behind nginx, with the lines of `docs/applications/django.md` and nothing
//! else.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use super::process::{self, Process};
use super::python::python;

/// A running project; it stops when this is dropped.
pub struct Django {
    /// Where it listens: `127.0.0.1:PORT`.
    pub address: String,
    _process: Process,
}

/// The fences of the paper in this language, in their order.
fn fences() -> Vec<String> {
    let paper = crate::repository().join("docs/applications/django.md");
    let paper = fs::read_to_string(paper).expect("the paper is there");
    let after = paper.split("```python\n").skip(1);
    let fences = after.map(|rest| rest.split("```").next().unwrap_or_default().to_owned());
    fences.collect()
}

const VIEWS: &str = "
from django.http import HttpResponse
from keyward_user import asks_for

def home(request):
    return HttpResponse(f'user {request.user.get_username() or \"nobody\"}')

";

const URLS: &str = "
from django.contrib import admin
from django.urls import path
from pay import views

urlpatterns = [
    path('admin/', admin.site.urls),
    path('slips', views.slips),
    path('', views.home),
]
";

impl Django {
    /// Makes a project as its manual says, adds the lines, and serves it.
    pub fn start() -> Self {
        let folder = process::folder("django");
        run(&folder, &["-m", "django", "startproject", "pay", "."]);
        let [settings, module, view] = fences().try_into().expect("three fences");
        let file = folder.join("pay/settings.py");
        let stock = fs::read_to_string(&file).expect("made");
        let stock = stock.replace("ALLOWED_HOSTS = []", "ALLOWED_HOSTS = ['pay.example.org']");
        fs::write(&file, format!("{stock}\n{settings}")).expect("ours");
        fs::write(folder.join("keyward_user.py"), module).expect("ours");
        let view = view.replace("...", "return HttpResponse('slips')");
        fs::write(folder.join("pay/views.py"), format!("{VIEWS}{view}")).expect("ours");
        fs::write(folder.join("pay/urls.py"), URLS).expect("ours");
        run(&folder, &["manage.py", "migrate", "--verbosity", "0"]);
        let port = process::free_port();
        let address = format!("127.0.0.1:{port}");
        let (python, place) = (python(), folder.display().to_string());
        let command = [
            python.as_str(),
            "-m",
            "gunicorn",
            "--chdir",
            &place,
            "--bind",
            &address,
            "pay.wsgi",
        ];
        let process = Process::start(folder.clone(), "TERM", &command);
        process.wait_for("gunicorn", |_| TcpStream::connect(("127.0.0.1", port)).ok());
        Self {
            address,
            _process: process,
        }
    }
}

fn run(folder: &Path, arguments: &[&str]) {
    let done = Command::new(python())
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("Python runs");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{arguments:?}: {said}");
}
