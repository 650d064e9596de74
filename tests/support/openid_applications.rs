//! Applications that sign people in by OpenID Connect, by the lines that `docs/applications/openid-*.md` give for
//! them, word for word but for the addresses and TLS.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::client::Client;
use super::forward::Application;
use super::node;
use super::process::{self, Process};
use super::python::python;

/// A running application; it stops when this is dropped.
pub struct OpenidApplication {
    /// Its address, as people type it.
    pub base: String,
    process: Process,
}

/// Where an application is going to be, before its client has a secret.
pub struct Place {
    /// Its address, as people will type it.
    pub base: String,
    port: u16,
}

impl Place {
    /// A free one.
    pub fn free() -> Self {
        let port = process::free_port();
        let base = format!("http://127.0.0.1:{port}");
        Self { base, port }
    }
}

/// The fences in this language of a paper, in their order.
fn fences(paper: &str, language: &str) -> Vec<String> {
    let paper = crate::repository().join(format!("docs/applications/{paper}.md"));
    let paper = fs::read_to_string(paper).expect("the paper is there");
    let begin = format!("```{language}\n");
    let after = paper.split(&begin).skip(1);
    let fences = after.map(|rest| rest.split("```").next().unwrap_or_default().to_owned());
    fences.collect()
}

/// The papers about applications that speak OpenID Connect, by name.
pub fn papers() -> Vec<String> {
    let folder = crate::repository().join("docs/applications");
    let files = fs::read_dir(folder)
        .expect("the papers are there")
        .flatten();
    let names = files.filter_map(|file| file.file_name().into_string().ok());
    let mut names: Vec<String> = names
        .filter(|name| name.starts_with("openid-"))
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// The command that adds the client of a paper, for an application at another place, as arguments of `keyward`.
pub fn client_of(paper: &str, place: &Place) -> Vec<String> {
    let command = fences(paper, "sh").into_iter().next();
    let command = command
        .expect("the paper adds a client")
        .replace("\\\n", " ");
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for letter in command.trim().chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            other => words.last_mut().expect("one").push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    assert_eq!(words.remove(0), "keyward");
    let hosts = [
        "https://wiki.example.org",
        "https://pay.example.org",
        "https://hub.example.org",
    ];
    for host in hosts {
        words
            .iter_mut()
            .for_each(|word| *word = word.replace(host, &place.base));
    }
    words.push("--json".to_owned());
    words
}

impl OpenidApplication {
    /// What it has printed so far.
    pub fn log(&self) -> String {
        let errors = fs::read_to_string(self.process.folder().join("errors"));
        format!("{}{}", self.process.log(), errors.unwrap_or_default())
    }

    /// Waits until it shows a browser no page any more that was signed in.
    pub async fn turns_away(&self, browser: &Client) {
        let start = Instant::now();
        while browser.get(&format!("{}/", self.base)).await.status == 200 {
            assert!(start.elapsed() < process::PATIENCE, "{}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Apache, in front of an application that says what reached it.
    pub fn apache(place: Place, keyward: &str, secret: &str) -> Self {
        let folder = process::folder("openid-apache");
        let behind = Application::start();
        let here = format!("127.0.0.1:{}", place.port);
        for (name, text) in [
            ("secret", format!("OIDCClientSecret {secret}")),
            ("passphrase", "of no use anywhere else".to_owned()),
        ] {
            fs::write(folder.join(name), text).expect("ours");
        }
        let [lines] = fences("openid-apache", "apache")
            .try_into()
            .expect("one fence");
        let folder_name = folder.display().to_string();
        let lines = lines
            .replace("*:443", &here)
            .replace("https://keys.example.org", keyward)
            .replace("https://wiki.example.org", &place.base)
            .replace("127.0.0.1:3000", &behind.address)
            .replace("/etc/apache2/wiki.", &format!("{folder_name}/"));
        let modules = [
            "mpm_event",
            "authn_core",
            "authz_core",
            "authz_user",
            "headers",
            "proxy",
            "proxy_http",
            "auth_openidc",
        ];
        let modules: String = modules
            .iter()
            .map(|name| {
                format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
            })
            .collect();
        let config = format!(
            "ServerRoot \"{folder_name}\"\nServerName localhost\nPidFile {folder_name}/pid\n\
             DefaultRuntimeDir {folder_name}\nErrorLog {folder_name}/errors\nLogLevel auth_openidc:warn\n\
             User www-data\nGroup www-data\n{modules}Listen {here}\n{lines}"
        );
        let file = folder.join("conf").display().to_string();
        fs::write(&file, config).expect("ours");
        let command = ["apache2", "-D", "FOREGROUND", "-f", &file];
        Self::started(
            place,
            Process::start(folder.clone(), "TERM", &command),
            "apache2",
        )
    }

    /// A stock Django project with `mozilla-django-oidc`.
    pub fn django(place: Place, keyward: &str, secret: &str) -> Self {
        let folder = process::folder("openid-django");
        run(&folder, &["-m", "django", "startproject", "pay", "."]);
        let [settings, module, view, urls] = fences("openid-django", "python")
            .try_into()
            .expect("four fences");
        let secret_file = folder.join("secret");
        fs::write(&secret_file, secret).expect("ours");
        let settings = settings
            .replace("https://keys.example.org", keyward)
            .replace(
                "/etc/payroll/client.secret",
                &secret_file.display().to_string(),
            );
        let file = folder.join("pay/settings.py");
        let stock = fs::read_to_string(&file).expect("made");
        fs::write(&file, format!("{stock}\n{settings}")).expect("ours");
        fs::write(folder.join("keyward_openid.py"), module).expect("ours");
        let view = view.replace("...", "return HttpResponse('slips')");
        fs::write(folder.join("pay/views.py"), format!("{VIEWS}{view}")).expect("ours");
        fs::write(folder.join("pay/urls.py"), format!("{URLS}{urls}")).expect("ours");
        run(&folder, &["manage.py", "migrate", "--verbosity", "0"]);
        let address = place.base.trim_start_matches("http://").to_owned();
        let (python, home) = (python(), folder.display().to_string());
        let gunicorn = [
            "-m",
            "gunicorn",
            "--chdir",
            &home,
            "--access-logfile",
            "-",
            "--bind",
            &address,
            "pay.wsgi",
        ];
        let command = [&[python.as_str()], &gunicorn[..]].concat();
        Self::started(
            place,
            Process::start(folder.clone(), "TERM", &command),
            "gunicorn",
        )
    }

    /// JupyterHub, which starts nobody's notebook here.
    pub fn jupyterhub(place: Place, keyward: &str, secret: &str) -> Self {
        let folder = process::folder("openid-jupyterhub");
        let [lines] = fences("openid-jupyterhub", "python")
            .try_into()
            .expect("one fence");
        let (home, secret_file) = (folder.display().to_string(), folder.join("secret"));
        fs::write(&secret_file, secret).expect("ours");
        let lines = lines
            .replace("https://keys.example.org", keyward)
            .replace("https://hub.example.org", &place.base)
            .replace(
                "/etc/jupyterhub/keyward.secret",
                &secret_file.display().to_string(),
            );
        let proxy = node::packages().join("configurable-http-proxy/bin/configurable-http-proxy");
        let of_the_test = format!(
            "c.JupyterHub.bind_url = \"{}\"\nc.JupyterHub.hub_port = {}\n\
             c.ConfigurableHTTPProxy.api_url = \"http://127.0.0.1:{}\"\n\
             c.ConfigurableHTTPProxy.command = [\"{}\", \"{}\"]\n\
             c.JupyterHub.redirect_to_server = False\n",
            place.base,
            process::free_port(),
            process::free_port(),
            node::node(),
            proxy.display(),
        );
        let file = folder.join("jupyterhub_config.py");
        fs::write(&file, format!("{lines}\n{of_the_test}")).expect("ours");
        let (crypt_key, python) = (
            format!("JUPYTERHUB_CRYPT_KEY={}", "ab".repeat(32)),
            python(),
        );
        let command = [
            "env",
            "-C",
            &home,
            &crypt_key,
            &python,
            "-m",
            "jupyterhub",
            "-f",
            "jupyterhub_config.py",
        ];
        let hub = Self::started(
            place,
            Process::start(folder.clone(), "TERM", &command),
            "jupyterhub",
        );
        // Its proxy listens before the hub behind it does.
        hub.process.wait_for("the hub", |process| {
            process
                .log()
                .contains("JupyterHub is now running")
                .then_some(())
        });
        hub
    }

    fn started(place: Place, process: Process, what: &str) -> Self {
        process.wait_for(what, |_| TcpStream::connect(("127.0.0.1", place.port)).ok());
        Self {
            base: place.base,
            process,
        }
    }
}

const VIEWS: &str = "
from django.http import HttpResponse

def home(request):
    user = request.user
    name = user.first_name if user.is_authenticated else 'nobody'
    return HttpResponse(f'{name} {request.session.get(\"acr\", \"\")}')

";

const URLS: &str = "
from django.contrib import admin
from django.urls import include, path
from pay import views

urlpatterns = [
    path('admin/', admin.site.urls),
    path('slips', views.slips),
    path('', views.home),
]
";

fn run(folder: &Path, arguments: &[&str]) {
    process::run(Command::new(python()).args(arguments).current_dir(folder));
}
