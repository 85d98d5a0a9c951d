//! Bodies that flow: what comes steadily may take its time, what stalls or trickles may not.

use crate::settings::Limits;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// Why a body was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TooSlow {
    /// Nothing came for too long.
    #[error("nothing of the body came for {0} seconds")]
    Stalled(u64),
    /// For longer than a pause it came at less than the least rate.
    #[error("the body came at less than {0} bytes a second")]
    Trickles(u64),
    /// It took longer than any body may.
    #[error("the body did not arrive within {0} seconds")]
    Endless(u64),
}

/// How a body has to flow.
#[derive(Clone, Copy, Debug)]
struct Pace {
    pause: Duration,
    bytes_per_second: u64,
    longest: Duration,
}

impl Pace {
    /// The least that has to come in a time.
    fn bytes_in(&self, time: Duration) -> f64 {
        time.as_secs_f64() * self.bytes_per_second as f64
    }

    /// What any body has at its beginning, and none ever has more of.
    fn most_credit(&self) -> f64 {
        self.bytes_in(self.pause)
    }
}

/// When the last piece of a request's body came, for who waits for the answer.
#[derive(Clone, Debug)]
pub(super) struct LastPiece {
    began: Instant,
    after_ms: Arc<AtomicU64>,
}

impl LastPiece {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            after_ms: Arc::default(),
        }
    }

    /// When it came; the request's beginning, if none has come.
    pub(super) fn at(&self) -> Instant {
        self.began + Duration::from_millis(self.after_ms.load(Ordering::Relaxed))
    }

    fn came(&self) {
        let after = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.after_ms.store(after, Ordering::Relaxed);
    }
}

/// A body that is given up when it does not keep pace. Only time in which its reader waits counts.
pub(super) struct PacedBody {
    inner: axum::body::Body,
    pace: Pace,
    last: LastPiece,
    /// Since when the reader waits for the next piece, and when that is too long.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    waited: Duration,
    /// Bytes that may be missing from now on before it is too slow.
    credit: f64,
}

impl PacedBody {
    /// The body within the limits.
    pub(super) fn new(inner: axum::body::Body, limits: &Limits) -> Self {
        let pace = Pace {
            pause: Duration::from_secs(limits.body_seconds),
            bytes_per_second: limits.body_bytes_per_second,
            longest: Duration::from_secs(limits.upload_seconds),
        };
        Self::at(pace, inner)
    }

    fn at(pace: Pace, inner: axum::body::Body) -> Self {
        Self {
            inner,
            pace,
            last: LastPiece::new(),
            waiting: None,
            waited: Duration::ZERO,
            credit: pace.most_credit(),
        }
    }

    /// When its last piece came, also later on.
    pub(super) fn last_piece(&self) -> LastPiece {
        self.last.clone()
    }

    /// Whether a piece for which its reader waited came fast enough. The first pause is free: connections start slowly, and short
    /// bodies are all beginning. Later on, what came early is good for one pause: who has sent much at once may not hold it in
    /// memory by a byte now and then.
    fn keeps_pace(&mut self, waited: Duration, came: usize) -> Result<(), TooSlow> {
        self.waited += waited;
        let credit = self.credit - self.pace.bytes_in(waited) + came as f64;
        self.credit = credit.min(self.pace.most_credit());
        if self.credit < 0.0 {
            return Err(TooSlow::Trickles(self.pace.bytes_per_second));
        }
        if self.waited > self.pace.longest {
            return Err(TooSlow::Endless(self.pace.longest.as_secs()));
        }
        Ok(())
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        let pause = self.pace.pause;
        if polled.is_pending() {
            let (_, late) = self.waiting.get_or_insert_with(|| {
                let now = Instant::now();
                (now, Box::pin(sleep_until(now + pause)))
            });
            ready!(late.as_mut().poll(cx));
            return Poll::Ready(Some(Err(TooSlow::Stalled(pause.as_secs()).into())));
        }
        let waited = self
            .waiting
            .take()
            .map_or(Duration::ZERO, |(since, _)| since.elapsed());
        self.last.came();
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let came = frame.data_ref().map_or(0, Bytes::len);
            if let Err(slow) = self.keeps_pace(waited, came) {
                return Poll::Ready(Some(Err(slow.into())));
            }
        }
        polled.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The [`TooSlow`] that an error of a body's reader comes from, if it does.
pub(super) fn slowness<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a TooSlow> {
    cause(error)
}

/// The error of a type that another one comes from, if it does.
pub(super) fn cause<'a, E: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;
    use http_body_util::BodyExt;

    const PACE: Pace = Pace {
        pause: Duration::from_secs(1),
        bytes_per_second: 10_000,
        longest: Duration::from_millis(2500),
    };

    fn paced(inner: axum::body::Body) -> PacedBody {
        PacedBody::at(PACE, inner)
    }

    /// A body of `pieces` of a size, `gap_ms` apart.
    fn steady(pieces: usize, size: usize, gap_ms: u64) -> axum::body::Body {
        let pieces = futures::stream::iter(0..pieces).then(move |_| async move {
            tokio::time::sleep(Duration::from_millis(gap_ms)).await;
            Ok::<_, std::convert::Infallible>(Bytes::from(vec![0; size]))
        });
        axum::body::Body::from_stream(pieces)
    }

    async fn read(body: axum::body::Body) -> Result<usize, TooSlow> {
        match paced(body).collect().await {
            Ok(collected) => Ok(collected.to_bytes().len()),
            Err(error) => Err(*slowness(error.as_ref()).unwrap()),
        }
    }

    #[tokio::test]
    async fn what_flows_is_read_and_what_does_not_is_given_up() {
        let ends = tokio::join!(
            // Longer than a pause, at ten times the least rate.
            read(steady(30, 5000, 50)),
            // Less than the least rate, but over soon.
            read(steady(3, 1, 50)),
            read(steady(2, 1 << 20, 5000)),
            read(steady(1000, 5, 50)),
            read(steady(1000, 5000, 50)),
        );
        assert_eq!((ends.0, ends.1), (Ok(150_000), Ok(3)));
        assert_eq!(ends.2, Err(TooSlow::Stalled(1)));
        assert_eq!(ends.3, Err(TooSlow::Trickles(10_000)));
        assert_eq!(ends.4, Err(TooSlow::Endless(2)));
    }

    #[tokio::test]
    async fn what_came_at_once_pays_for_no_more_than_a_pause() {
        let burst = || futures::stream::iter([Ok(Bytes::from(vec![0; 1 << 20]))]);
        let after = |size, gap_ms| {
            axum::body::Body::from_stream(burst().chain(steady(100, size, gap_ms).into_data_stream()))
        };
        let begun = Instant::now();
        let (trickles, flows) = tokio::join!(read(after(1, 400)), read(after(5000, 50)));
        assert_eq!(trickles, Err(TooSlow::Trickles(10_000)));
        assert_eq!(flows, Err(TooSlow::Endless(2)));
        assert!(begun.elapsed() < Duration::from_secs(20));
    }

    #[tokio::test]
    async fn a_slow_reader_is_not_the_senders_fault() {
        let mut body = paced(steady(3, 10, 0));
        let (last, began) = (body.last_piece(), Instant::now());
        assert!(last.at() <= began);
        let mut read = 0;
        while let Some(frame) = body.frame().await {
            read += frame.unwrap().into_data().unwrap().len();
            tokio::time::sleep(Duration::from_millis(1200)).await;
        }
        assert_eq!(read, 30);
        assert!(last.at() - began >= Duration::from_secs(2));
    }
}
