//! What benchmarks say about the machine they ran on.

use hallmark_server::child::memory;
use sysinfo::{CpuRefreshKind, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};

/// The processor's name, or `unknown`.
pub fn cpu_model() -> String {
    let processors = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
    let system = System::new_with_specifics(processors);
    let name = system.cpus().first().map(|processor| processor.brand().trim());
    name.filter(|name| !name.is_empty())
        .unwrap_or("unknown")
        .to_owned()
}

/// Greatest resident memory of this process so far in decimal megabytes, where the system tells (Linux).
pub fn peak_rss_mb() -> Option<f64> {
    memory::peak().map(|bytes| bytes as f64 / 1e6)
}

/// Resident memory of this process in bytes, where the system tells (Linux).
pub fn rss_bytes() -> Option<u64> {
    memory::resident().and_then(|bytes| u64::try_from(bytes).ok())
}

/// Starts the measurement of [`peak_rss_mb`] anew, where the system allows it.
pub fn reset_peak_rss() -> bool {
    memory::reset_peak()
}

/// Processor time of all of this process's threads so far in milliseconds, where the system tells; waiting for work in a loop counts.
pub fn processor_ms() -> Option<f64> {
    let own = sysinfo::get_current_pid().ok()?;
    let mut system = System::new();
    let processor = ProcessRefreshKind::nothing().with_cpu();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, processor);
    Some(system.process(own)?.accumulated_cpu_time() as f64)
}

/// Threads that proving uses.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn linux_tells_everything() {
        assert_ne!(cpu_model(), "unknown");
        assert!(rss_bytes().unwrap() > 0);
        assert!(reset_peak_rss() && peak_rss_mb().unwrap() > 0.0);
        let before = processor_ms().unwrap();
        let start = std::time::Instant::now();
        while start.elapsed().as_millis() < 200 {
            std::hint::spin_loop();
        }
        assert!(processor_ms().unwrap() > before);
    }
}
