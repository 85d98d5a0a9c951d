//! Least squares for the cost model's rates.

/// Non-negative rates with which `Σ rate · feature` comes as close as possible to each observation, relative to it.
///
/// Coordinate descent: the problem is convex and has a handful of unknowns.
#[must_use]
pub fn rates(features: &[Vec<f64>], observed: &[f64]) -> Vec<f64> {
    let count = features.first().map_or(0, Vec::len);
    let rows: Vec<Vec<f64>> = features
        .iter()
        .zip(observed)
        .map(|(row, seen)| row.iter().map(|f| f / seen).collect())
        .collect();
    let mut rates = vec![0.0; count];
    let mut residuals = vec![1.0; rows.len()];
    for _ in 0..20_000 {
        for (j, rate) in rates.iter_mut().enumerate() {
            let norm: f64 = rows.iter().map(|row| row[j] * row[j]).sum();
            if norm == 0.0 {
                continue;
            }
            let gradient: f64 = rows.iter().zip(&residuals).map(|(row, r)| row[j] * r).sum();
            let next = (*rate + gradient / norm).max(0.0);
            let change = next - *rate;
            rows.iter()
                .zip(&mut residuals)
                .for_each(|(row, r)| *r -= change * row[j]);
            *rate = next;
        }
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::rates;

    #[test]
    fn exact_data_gives_the_rates_back() {
        let features: Vec<Vec<f64>> = (1..9)
            .map(|i| vec![f64::from(i), f64::from(i * i % 5), 1.0])
            .collect();
        let observed: Vec<f64> = features.iter().map(|f| 2.0 * f[0] + 0.5 * f[1] + 3.0).collect();
        let found = rates(&features, &observed);
        for (found, expected) in found.iter().zip([2.0, 0.5, 3.0]) {
            assert!((found - expected).abs() < 1e-3, "{found} for {expected}");
        }
    }
}
