//! Prepared SRSs on disk.

use super::development;
use super::powers::{Srs, SrsInfo};
use super::size::{MAX_K, MIN_K, check_k};
use crate::cache::{Cache, Lookup};
use crate::{Event, Observer, ProverError};
use hallmark_verifier::hexadecimal::{self, encode as hex};
use halo2_proofs::SerdeFormat;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use std::io::{self, Read, Seek};

const PREFIX: &str = "srs-";
const MAX_NAME_BYTES: usize = 4096;

/// Imported and generated SRSs in a [`Cache`], found by digest and size.
///
/// Entry `srs-DIGEST-kNN`: length of the name (u32, little endian), the name, halo2's raw parameters.
#[derive(Clone, Debug)]
pub struct SrsStore {
    cache: Cache,
}

impl SrsStore {
    /// The SRSs in `cache`.
    #[must_use]
    pub fn new(cache: Cache) -> Self {
        Self { cache }
    }

    /// The SRS with `digest` for 2^k rows: from the cache, by shrinking a larger one, or generated if it is the
    /// development SRS. `name` is only for the error.
    ///
    /// # Errors
    /// [`ProverError::SrsMissing`] if none with the digest is there, [`ProverError::SrsTooSmall`] if it has too few
    /// powers, [`ProverError::File`].
    pub fn get(
        &self,
        digest: [u8; 32],
        name: &str,
        k: u32,
        observer: &dyn Observer,
    ) -> Result<Srs, ProverError> {
        check_k(k)?;
        let development = digest == development::DIGEST;
        let mut sizes = self.sizes(&digest)?;
        sizes.sort_unstable();
        // Shrinking takes a group FFT: the development SRS is made faster than that.
        for size in sizes
            .iter()
            .copied()
            .filter(|size| *size == k || (*size > k && !development))
        {
            if let Some(srs) = self.load(&digest, size, observer)? {
                let srs = srs.downsized(k)?;
                if size != k {
                    self.keep(&srs, observer);
                }
                return Ok(noticed(srs, observer));
            }
        }
        if development {
            let srs = Srs::development(k)?;
            self.keep(&srs, observer);
            return Ok(noticed(srs, observer));
        }
        let name = name.to_owned();
        Err(match sizes.last() {
            Some(&available) if available < k => ProverError::SrsTooSmall {
                name,
                available,
                needed: k,
            },
            _ => ProverError::SrsMissing {
                name,
                digest: hex(&digest),
                folder: self.cache.folder().to_path_buf(),
            },
        })
    }

    /// The development SRS for 2^k rows.
    ///
    /// # Errors
    /// [`ProverError::Size`], [`ProverError::File`].
    pub fn development(&self, k: u32, observer: &dyn Observer) -> Result<Srs, ProverError> {
        self.get(development::DIGEST, development::NAME, k, observer)
    }

    /// Keeps `srs`. Returns the bytes written.
    ///
    /// # Errors
    /// [`ProverError::File`].
    pub fn put(&self, srs: &Srs) -> Result<u64, ProverError> {
        self.cache.store(&entry(&srs.digest(), srs.k()), |writer| {
            let name = srs.name().as_bytes();
            let length = u32::try_from(name.len()).map_err(io::Error::other)?;
            writer.write_all(&length.to_le_bytes())?;
            writer.write_all(name)?;
            srs.params()
                .write_custom(&mut Unsized(writer), SerdeFormat::RawBytes)
        })
    }

    /// All whole entries. Every one is read, which takes a moment for large ones.
    ///
    /// # Errors
    /// [`ProverError::File`].
    pub fn list(&self, observer: &dyn Observer) -> Result<Vec<SrsInfo>, ProverError> {
        let mut infos = Vec::new();
        for name in self.cache.names(PREFIX)? {
            if let Some((digest, k)) = parse_entry(&name)
                && let Some(srs) = self.load(&digest, k, observer)?
            {
                infos.push(srs.info());
            }
        }
        Ok(infos)
    }

    fn keep(&self, srs: &Srs, observer: &dyn Observer) {
        if let Err(error) = self.put(srs) {
            observer.notice(Event::CacheNotWritten {
                problem: error.to_string(),
            });
        }
    }

    fn sizes(&self, digest: &[u8; 32]) -> Result<Vec<u32>, ProverError> {
        let names = self.cache.names(PREFIX)?;
        let parsed = names.iter().filter_map(|name| parse_entry(name));
        Ok(parsed
            .filter(|(other, _)| other == digest)
            .map(|(_, k)| k)
            .collect())
    }

    fn load(&self, digest: &[u8; 32], k: u32, observer: &dyn Observer) -> Result<Option<Srs>, ProverError> {
        let loaded = self.cache.load(&entry(digest, k), |reader| {
            let invalid = |problem: &str| io::Error::new(io::ErrorKind::InvalidData, problem.to_owned());
            let mut length = [0u8; 4];
            reader.read_exact(&mut length)?;
            let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
            if length > MAX_NAME_BYTES {
                return Err(invalid("its name is too long"));
            }
            let mut name = vec![0u8; length];
            reader.read_exact(&mut name)?;
            let name = String::from_utf8(name).map_err(|_| invalid("its name is not UTF-8"))?;
            // The library panics where bytes are missing, and allocates what the file's own k asks for.
            let mut own_k = [0u8; 4];
            reader.read_exact(&mut own_k)?;
            let left = reader.get_ref().metadata()?.len() - reader.stream_position()?;
            if u32::from_le_bytes(own_k) != k || left != points_bytes(k) {
                return Err(invalid("it holds another SRS than its file name says"));
            }
            // The points were checked when they were imported, and the digest of the file has just been checked.
            let params = ParamsKZG::read_custom(&mut own_k.chain(reader), SerdeFormat::RawBytesUnchecked)?;
            let srs = Srs::from_params(params, &name).map_err(io::Error::other)?;
            let right = srs.digest() == *digest && srs.k() == k;
            if right {
                Ok(srs)
            } else {
                Err(invalid("it holds another SRS than its file name says"))
            }
        })?;
        Ok(match loaded {
            Lookup::Hit(srs) => Some(srs),
            Lookup::Miss => None,
            Lookup::Damaged { path, problem } => {
                observer.notice(Event::CacheDamaged { path, problem });
                None
            }
        })
    }
}

fn noticed(srs: Srs, observer: &dyn Observer) -> Srs {
    if srs.is_insecure() {
        observer.notice(Event::InsecureSrs);
    }
    srs
}

fn entry(digest: &[u8; 32], k: u32) -> String {
    format!("{PREFIX}{}-k{k:02}", hex(digest))
}

fn parse_entry(name: &str) -> Option<([u8; 32], u32)> {
    let (digits, k) = name.strip_prefix(PREFIX)?.split_once("-k")?;
    let k = k.parse().ok().filter(|k| (MIN_K..=MAX_K).contains(k))?;
    Some((hexadecimal::decode(digits)?, k))
}

/// Bytes of halo2's raw parameters for 2^k rows behind their k: powers, Lagrange points, two points of the second group.
fn points_bytes(k: u32) -> u64 {
    (128 << k) + 256
}

/// halo2's writers are generic over sized types only.
struct Unsized<'a>(&'a mut dyn io::Write);

impl io::Write for Unsized<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
