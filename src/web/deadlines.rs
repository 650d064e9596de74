//! How long a connection may take while no handler answers on it, and how much may be read from it.
//!
//! The framework gives the first request of a connection a time, and no other one; it reads what is
//! left of a refused body for as long as that comes, and waits for a client that takes an answer as
//! slowly as they like. Here everything between two requests has one deadline and one measure: the
//! rest of a body that no handler wants, the answer on its way out, and the next request's line and
//! headers. What a handler waits for has a measure too, for there are bytes around a body that no
//! handler sees.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::{Extensions, Request};
use actix_service::{IntoServiceFactory, ServiceFactory, apply_fn_factory};
use actix_web::rt::time::{Instant, Sleep, sleep_until};
use futures_util::ready;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes that are read between an answer and the next request: what the framework takes into its
/// buffer for one (128 KiB), and as much again of a body that is not wanted, so that a client that sends a
/// little too much gets to read why it was refused.
const UNASKED: u64 = 256 * 1024;

/// Bytes that are read while a handler is at work: the largest body in chunks of a byte each, which
/// are six times as long. Chunks have extensions and trailers too, which no handler sees.
const ASKED: u64 = 512 * 1024;

/// Bytes of an answer that give another second to take them.
const A_SECOND: u64 = 16 * 1024;

/// Where a connection stands.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// A handler is at work, which has a time of its own.
    Answering { read: u64 },
    /// No handler is.
    Between {
        since: Instant,
        read: u64,
        written: u64,
    },
}

impl Phase {
    fn between() -> Self {
        Self::Between {
            since: Instant::now(),
            read: 0,
            written: 0,
        }
    }
}

/// What a connection and the requests that come over it know of each other.
#[derive(Clone, Debug)]
struct Progress(Rc<Cell<Phase>>);

/// A connection that ends when it takes too long, or sends too much, while no handler answers on it.
#[derive(Debug)]
pub struct Timed<T> {
    stream: T,
    progress: Progress,
    within: Duration,
    alarm: Pin<Box<Sleep>>,
}

impl<T> Timed<T> {
    /// A new connection. From each answer until the next request there are `within`, and a second
    /// more for each 16 KiB of the answer.
    pub fn new(stream: T, within: Duration) -> Self {
        Self {
            stream,
            progress: Progress(Rc::new(Cell::new(Phase::between()))),
            within,
            alarm: Box::pin(sleep_until(Instant::now() + within)),
        }
    }

    /// What it is made of.
    pub fn stream(&self) -> &T {
        &self.stream
    }

    /// Tells the requests of this connection which one they came over.
    pub fn introduce(&self, extensions: &mut Extensions) {
        extensions.insert(self.progress.clone());
    }

    /// Fails when the time is over; else this task is woken when it is.
    fn in_time(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Phase::Between { since, written, .. } = self.progress.0.get() else {
            return Ok(());
        };
        let until = since + self.within + Duration::from_secs(written / A_SECOND);
        if self.alarm.deadline() > until {
            self.alarm.as_mut().reset(until);
        }
        while Instant::now() < until {
            if self.alarm.as_mut().poll(cx).is_pending() {
                return Ok(());
            }
            self.alarm.as_mut().reset(until);
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    /// How much may still be read.
    fn room(&self) -> u64 {
        match self.progress.0.get() {
            Phase::Answering { read } => ASKED.saturating_sub(read),
            Phase::Between { read, .. } => UNASKED.saturating_sub(read),
        }
    }

    fn count(&self, more_read: usize, more_written: usize) {
        let mut phase = self.progress.0.get();
        match &mut phase {
            Phase::Answering { read } => *read = read.saturating_add(more_read as u64),
            Phase::Between { read, written, .. } => {
                *read = read.saturating_add(more_read as u64);
                *written = written.saturating_add(more_written as u64);
            }
        }
        self.progress.0.set(phase);
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Timed<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.in_time(cx)?;
        if self.room() == 0 {
            // As if the caller had ended it: the answer still goes out.
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.count(buffer.filled().len() - before, 0);
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Timed<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.in_time(cx)?;
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.count(0, written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.in_time(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.in_time(cx)?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A service of requests that stops the clock of their connection while it answers them.
pub fn timed<S>(
    service: impl IntoServiceFactory<S, Request>,
) -> impl ServiceFactory<
    Request,
    Config = (),
    Response = S::Response,
    Error = S::Error,
    InitError = S::InitError,
    Service = impl actix_service::Service<
        Request,
        Response = S::Response,
        Error = S::Error,
        Future: 'static,
    > + 'static,
    Future: 'static,
>
where
    S: ServiceFactory<Request, Config = ()> + 'static,
    S::Future: 'static,
    S::Service: 'static,
    <S::Service as actix_service::Service<Request>>::Future: 'static,
{
    apply_fn_factory(service, |request: Request, service: &S::Service| {
        use actix_service::Service as _;
        let progress = request.conn_data::<Progress>().cloned();
        if let Some(progress) = &progress {
            progress.0.set(Phase::Answering { read: 0 });
        }
        let answer = service.call(request);
        async move {
            let answer = answer.await;
            if let Some(progress) = progress {
                progress.0.set(Phase::between());
            }
            answer
        }
    })
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use actix_web::rt;

    use super::*;

    /// Sends without end and takes nothing.
    struct Flood;

    impl AsyncRead for Flood {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            buffer.put_slice(&vec![b'a'; buffer.remaining()]);
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Flood {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    async fn read(stream: &mut Timed<Flood>) -> io::Result<usize> {
        let mut space = [0; 8192];
        let mut buffer = ReadBuf::new(&mut space);
        poll_fn(|cx| Pin::new(&mut *stream).poll_read(cx, &mut buffer)).await?;
        Ok(buffer.filled().len())
    }

    #[test]
    fn a_flood_has_an_end_for_a_handler_and_between_two_requests() {
        rt::System::new().block_on(async {
            let mut stream = Timed::new(Flood, Duration::from_secs(60));
            let asked = Phase::Answering { read: 0 };
            for (phase, most) in [(asked, ASKED), (Phase::between(), UNASKED)] {
                stream.progress.0.set(phase);
                let mut total = 0;
                while let Ok(length @ 1..) = read(&mut stream).await {
                    total += length as u64;
                }
                assert_eq!(total, most);
                assert_eq!(read(&mut stream).await.ok(), Some(0));
            }
        });
    }

    #[test]
    fn whoever_takes_nothing_is_left_when_the_time_is_over() {
        rt::System::new().block_on(async {
            let mut stream = Timed::new(Flood, Duration::from_millis(1));
            let written = poll_fn(|cx| Pin::new(&mut stream).poll_write(cx, b"answer")).await;
            let kind = written.err().map(|error| error.kind());
            assert_eq!(kind, Some(io::ErrorKind::TimedOut));
            assert!(read(&mut stream).await.is_err());
            let flushed = poll_fn(|cx| Pin::new(&mut stream).poll_flush(cx)).await;
            assert!(flushed.is_err());
        });
    }
}
