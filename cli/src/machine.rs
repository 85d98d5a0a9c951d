//! What benchmarks say about the machine they ran on.

use std::fs;

/// The processor's name, or `unknown`.
pub fn cpu_model() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name"));
    let name = line
        .and_then(|line| line.split_once(':'))
        .map(|(_, name)| name.trim().to_owned());
    name.unwrap_or_else(|| "unknown".to_owned())
}

/// Greatest resident memory of this process so far in decimal megabytes, where the system tells (Linux).
pub fn peak_rss_mb() -> Option<f64> {
    status_bytes("VmHWM:").map(|bytes| bytes as f64 / 1e6)
}

/// Resident memory of this process in bytes, where the system tells (Linux).
pub fn rss_bytes() -> Option<u64> {
    status_bytes("VmRSS:")
}

fn status_bytes(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Starts the measurement of [`peak_rss_mb`] anew, where the system allows it.
pub fn reset_peak_rss() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// Threads that proving uses.
pub fn threads() -> usize {
    rayon::current_num_threads()
}
