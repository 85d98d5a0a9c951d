//! Which cryptography TLS uses: ring, the same as the database driver.

/// Makes ring the process's provider. Whoever builds a client that may speak TLS calls it first; calling it again does
/// nothing.
pub fn install_provider() {
    // An error says that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
