//! What a file's text imports, without a compiler: tokens, then `use` trees and the paths in expressions and types.

/// What a file says of other modules.
#[derive(Debug, Default, PartialEq)]
pub struct Imports {
    /// What `use` brings in: the name here, and the path that it stands for. `*` is everything of a module.
    pub names: Vec<(String, Vec<String>)>,
    /// All other paths.
    pub paths: Vec<Vec<String>>,
    /// Names of what the file defines.
    pub defined: Vec<String>,
}

/// Words before the name of something that is defined.
const KEYWORDS: [&str; 9] = [
    "fn",
    "struct",
    "enum",
    "trait",
    "const",
    "static",
    "type",
    "union",
    "macro_rules",
];

/// Reads a file. What is compiled for tests only does not count.
pub fn imports(text: &str) -> Imports {
    let tokens = without_tests(&tokens(text));
    let (mut found, mut at) = (Imports::default(), 0);
    // Brace depths at which inline modules end: `super` in one is the file itself.
    let (mut depth, mut inline) = (0_usize, Vec::new());
    while at < tokens.len() {
        let next = |ahead: usize| tokens.get(at + ahead).map_or("", String::as_str);
        match next(0) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                }
            }
            "mod" if next(2) == "{" => {
                inline.push(depth);
                (depth, at) = (depth + 1, at + 2);
            }
            "pub" if next(1) == "(" => at += distance(&tokens[at..], ")"),
            "use" => {
                let end = at + distance(&tokens[at..], ";");
                let mut tree = &tokens[at + 1..end];
                let mut names = Vec::new();
                leaves(&mut tree, &[], &mut names);
                let outer = names
                    .into_iter()
                    .filter_map(|(name, path)| Some((name, outside(path, inline.len())?)));
                found.names.extend(outer);
                at = end;
            }
            word if KEYWORDS.contains(&word) => {
                let name = if next(1) == "!" { next(2) } else { next(1) };
                found.defined.push(name.to_owned());
            }
            word if is_word(word) && next(1) == "::" && (at == 0 || tokens[at - 1] != "::") => {
                let mut path = vec![word.to_owned()];
                while next(2 * path.len() - 1) == "::" && is_word(next(2 * path.len())) {
                    path.push(next(2 * path.len()).to_owned());
                }
                at += 2 * (path.len() - 1);
                found.paths.extend(outside(path, inline.len()));
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// A path in `depth` inline modules as it is outside of them, where it leads out.
fn outside(mut path: Vec<String>, depth: usize) -> Option<Vec<String>> {
    let up = path.iter().take_while(|word| *word == "super").count();
    if depth > 0 && up > 0 {
        path.drain(..up.min(depth));
        if up <= depth {
            path.insert(0, "self".to_owned());
        }
    }
    (path.len() > 1 && (up > 0 || depth == 0 || path[0] == "crate")).then_some(path)
}

/// How far the first `end` is.
fn distance(tokens: &[String], end: &str) -> usize {
    tokens
        .iter()
        .position(|token| token == end)
        .unwrap_or(tokens.len())
}

/// The leaves of a `use` tree with the names that they get; takes the tree from the tokens.
fn leaves(tokens: &mut &[String], before: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let mut path = before.to_vec();
    let mut alias = None;
    while let Some((token, rest)) = tokens.split_first() {
        match token.as_str() {
            "," | "}" => break,
            "{" => {
                *tokens = rest;
                while tokens.first().is_some_and(|token| token != "}") {
                    leaves(tokens, &path, found);
                    if tokens.first().is_some_and(|token| token == ",") {
                        *tokens = &tokens[1..];
                    }
                }
                *tokens = tokens.get(1..).unwrap_or_default();
                return;
            }
            "as" => {
                alias = rest.first().cloned();
                *tokens = rest.get(1..).unwrap_or_default();
                continue;
            }
            "self" if path.len() > before.len() || !before.is_empty() => {}
            word if is_word(word) || word == "*" => path.push(token.clone()),
            _ => {}
        }
        *tokens = rest;
    }
    if let Some(last) = path.last().cloned() {
        found.push((alias.unwrap_or(last), path));
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Leaves out items under `#[cfg(test)]`.
fn without_tests(tokens: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let attribute = tokens[at..].iter().take(5).map(String::as_str);
        if !attribute.eq(["#", "[", "cfg", "(", "test"]) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        // To the end of the item: a semicolon, or the brace that closes its body.
        let mut open = 0_usize;
        while at < tokens.len() {
            match tokens[at].as_str() {
                "(" | "[" | "{" => open += 1,
                ")" | "]" | "}" => open = open.saturating_sub(1),
                _ => {}
            }
            at += 1;
            if open == 0 && matches!(tokens[at - 1].as_str(), ";" | "}") {
                break;
            }
        }
    }
    kept
}

/// Words, `::` and single characters. Comments are left out, texts and characters in quotes too.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_text(rest) {
            length
        } else if first == '"' {
            quoted(rest, '"')
        } else if first == '\'' {
            let mut after = rest.chars().skip(1);
            let character = after.next() == Some('\\') || after.next() == Some('\'');
            if character { quoted(rest, '\'') } else { 1 }
        } else if is_word(rest) || first.is_numeric() {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let length = end.unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of a text in quotes at the beginning.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = true;
    for (at, c) in text.char_indices() {
        if !escaped && c == quote {
            return at + 1;
        }
        // The first quote is passed over like an escaped one.
        escaped = !escaped && c == '\\';
    }
    text.len()
}

/// The length of a raw text at the beginning.
fn raw_text(text: &str) -> Option<usize> {
    let marked = text.strip_prefix('b').unwrap_or(text).strip_prefix('r')?;
    let hashes = marked.len() - marked.trim_start_matches('#').len();
    marked[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = text.len() - marked.len() + hashes + 1;
    let length = text[start..].find(&end)?;
    Some(start + length + end.len())
}
