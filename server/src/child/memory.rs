//! How much memory a process has, as Linux tells it.
//!
//! Single lines are read, whatever else a file holds: crates that parse `/proc/PID/status` as a whole refuse one without signals
//! or capabilities, and kernels of sandboxes leave such lines out.

use std::fs;

/// Resident memory of this process in bytes. `None`, here and below, where the system does not tell.
pub fn resident() -> Option<i64> {
    bytes("/proc/self/status", "VmRSS:")
}

/// Greatest resident memory of this process since [`reset_peak`].
pub fn peak() -> Option<i64> {
    bytes("/proc/self/status", "VmHWM:")
}

/// Greatest resident memory of process `pid` since it reset its own.
pub fn peak_of(pid: u32) -> Option<i64> {
    bytes(&format!("/proc/{pid}/status"), "VmHWM:")
}

/// Resident memory of process `pid`.
pub fn resident_of(pid: u32) -> Option<i64> {
    bytes(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// Begins the measurement of [`peak`] anew. Returns whether the system allows it: otherwise the peak is that of the whole process, which
/// is never too little.
pub fn reset_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// How often the kernel has killed processes because memory was short.
pub fn kills_by_kernel() -> Option<u64> {
    let statistics = fs::read_to_string("/proc/vmstat").ok()?;
    let line = statistics
        .lines()
        .find_map(|line| line.strip_prefix("oom_kill "))?;
    line.trim().parse().ok()
}

fn bytes(file: &str, key: &str) -> Option<i64> {
    let status = fs::read_to_string(file).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    let kib: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn peaks_begin_anew() {
        let large = vec![1u8; 200 << 20];
        assert!(peak().unwrap() > 200 << 20);
        assert_eq!(large.iter().map(|byte| u64::from(*byte)).sum::<u64>(), 200 << 20);
        drop(large);
        reset_peak();
        assert!(peak().unwrap() < 200 << 20);
        assert!(resident().unwrap() > 0);
        assert!(peak_of(std::process::id()).is_some());
        assert!(kills_by_kernel().is_some());
    }
}
