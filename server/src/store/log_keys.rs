//! The keys with which the receipt log's heads are signed. Servers on one store share them.
//!
//! The first key is the log's name and is made when it or a head is first asked for. A later key is signed by the one before it, whose
//! secret is erased then.
//!
//! A larger head with an earlier time is evidence against the log, so that the times of heads do not go back where a clock does.

use super::StoreError;
use super::database::Database;
use super::receipts::TreeHead;
use super::rows::row;
use super::sql::{Tx, args};
use ed25519_dalek::{Signer, SigningKey};
use hallmark_verifier::log_head::{LogKey, MAX_ROTATIONS, Rotation, SignedHead, rotation_message};
use rand::RngCore;
use rand::rngs::OsRng;

const ALL: &str = "SELECT public_key, secret, since_ms, signed_ms, signature FROM log_keys ORDER BY number";
/// How long heads are signed before the time is noted again. Anybody can ask for one, and noting takes the disk. It stays far below
/// the ten minutes by which those who compare heads let their times differ.
const NOTE_EVERY_MS: i64 = 60_000;

row! {
    struct KeyRow {
        public_key: Vec<u8>,
        /// Only of the last one.
        secret: Option<Vec<u8>>,
        since_ms: i64,
        signed_ms: i64,
        /// By the key before; the first one has none.
        signature: Option<Vec<u8>>,
    }
}

/// The log's keys as heads carry them, and the one that signs.
struct Keys {
    log: LogKey,
    rotations: Vec<Rotation>,
    signing: SigningKey,
    /// When a head was last signed, to [`NOTE_EVERY_MS`].
    signed_ms: i64,
}

impl TryFrom<Vec<KeyRow>> for Keys {
    type Error = StoreError;

    fn try_from(rows: Vec<KeyRow>) -> Result<Self, StoreError> {
        let first = rows.first().ok_or_else(|| damaged("there is none"))?;
        let secret = rows.last().and_then(|row| row.secret.as_deref());
        let secret = secret.ok_or_else(|| damaged("the last one has no secret"))?;
        let rotations = rows.iter().skip(1).map(|row| {
            Ok(Rotation {
                key: LogKey(exactly(&row.public_key)?),
                since_ms: unsigned(row.since_ms)?,
                signature: exactly(row.signature.as_deref().unwrap_or_default())?,
            })
        });
        Ok(Self {
            log: LogKey(exactly(&first.public_key)?),
            rotations: rotations.collect::<Result<_, StoreError>>()?,
            signing: SigningKey::from_bytes(&exactly(secret)?),
            signed_ms: rows.last().map_or(0, |row| row.signed_ms),
        })
    }
}

fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], StoreError> {
    let found = bytes.len();
    bytes
        .try_into()
        .map_err(|_| damaged(format!("{N} bytes expected, {found} found")))
}

fn damaged(problem: impl std::fmt::Display) -> StoreError {
    StoreError::row("a key of the receipt log", problem)
}

fn unsigned(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(damaged)
}

fn new_key() -> SigningKey {
    let mut secret = [0; 32];
    OsRng.fill_bytes(&mut secret);
    SigningKey::from_bytes(&secret)
}

impl Database {
    /// A head with the log's signature.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sign_head(&self, head: TreeHead) -> Result<SignedHead, StoreError> {
        let keys = self.log_keys().await?;
        let time_ms = self.now_ms().await?.max(keys.signed_ms);
        if time_ms - keys.signed_ms >= NOTE_EVERY_MS {
            self.execute(
                "UPDATE log_keys SET signed_ms = $1 WHERE signed_ms < $1 AND secret IS NOT NULL",
                args![time_ms],
            )
            .await?;
        }
        let mut signed = SignedHead {
            log: keys.log,
            tree_size: unsigned(head.size)?,
            root: head.root.0,
            time_ms: unsigned(time_ms)?,
            signature: [0; 64],
            rotations: keys.rotations,
        };
        signed.signature = keys.signing.sign(&signed.message()).to_bytes();
        Ok(signed)
    }

    /// The log's name, and the key that signs its heads now: the same, as long as it was not changed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_key(&self) -> Result<(LogKey, LogKey), StoreError> {
        let keys = self.log_keys().await?;
        Ok((keys.log, LogKey(keys.signing.verifying_key().to_bytes())))
    }

    /// Replaces the key that signs heads, and erases its secret. Returns the log's name and its new key.
    ///
    /// # Errors
    /// [`StoreError`], also where the log has had as many keys as a head can carry.
    pub async fn rotate_log_key(&self) -> Result<(LogKey, LogKey), StoreError> {
        let mut tx = self.begin().await?;
        let keys = keys_of(&mut tx).await?;
        let number = keys.rotations.len() + 1;
        if number > MAX_ROTATIONS {
            return Err(damaged(format!(
                "it was changed {MAX_ROTATIONS} times, and cannot be once more"
            )));
        }
        let new = new_key();
        let key = LogKey(new.verifying_key().to_bytes());
        let now = tx.now_ms().await?.max(keys.signed_ms);
        let old = LogKey(keys.signing.verifying_key().to_bytes());
        let message = rotation_message(&keys.log, number as u64, &old, &key, unsigned(now)?);
        let signature = keys.signing.sign(&message).to_bytes();
        tx.execute("UPDATE log_keys SET secret = NULL", args![]).await?;
        tx.execute(
            "INSERT INTO log_keys (number, public_key, secret, since_ms, signed_ms, signature) VALUES ($1, $2, $3, $4, $4, $5)",
            args![
                i64::try_from(number).map_err(damaged)?,
                key.0.to_vec(),
                new.to_bytes().to_vec(),
                now,
                signature.to_vec()
            ],
        )
        .await?;
        tx.commit().await?;
        Ok((keys.log, key))
    }

    async fn log_keys(&self) -> Result<Keys, StoreError> {
        let rows: Vec<KeyRow> = self.all(ALL, args![]).await?;
        if !rows.is_empty() {
            return Keys::try_from(rows);
        }
        let mut tx = self.begin().await?;
        let keys = keys_of(&mut tx).await?;
        tx.commit().await?;
        Ok(keys)
    }
}

/// The log's keys, after making the first one if there is none. Of several servers that try, one succeeds.
async fn keys_of(tx: &mut Tx) -> Result<Keys, StoreError> {
    let first = new_key();
    let now = tx.now_ms().await?;
    tx.execute(
        "INSERT INTO log_keys (number, public_key, secret, since_ms, signed_ms) VALUES (0, $1, $2, $3, $3) ON CONFLICT (number) DO NOTHING",
        args![
            first.verifying_key().to_bytes().to_vec(),
            first.to_bytes().to_vec(),
            now
        ],
    )
    .await?;
    let rows: Vec<KeyRow> = tx.all(ALL, args![]).await?;
    Keys::try_from(rows)
}
