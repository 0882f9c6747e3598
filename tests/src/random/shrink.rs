//! The shortest script that still shows what a long one showed.

use scenario::Script;

use super::text;

/// Leaves out lines as long as the rest still parses and still differs, until no line can be left out.
///
/// `differs` sets the bound: from when it says no to everything, the shortest script so far is the result.
pub fn shrink(long: &str, mut differs: impl FnMut(&str) -> bool) -> String {
    let mut lines: Vec<String> = long.lines().map(str::to_owned).collect();
    loop {
        let before = lines.len();
        for at in (0..before).rev() {
            let mut shorter = lines.clone();
            shorter.remove(at);
            let shorter_text = text(&shorter);
            if Script::parse(&shorter_text).is_ok() && differs(&shorter_text) {
                lines = shorter;
            }
        }
        if lines.len() == before {
            return text(&lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shrinking_leaves_only_what_matters() {
        let long =
            "server listen()\nclient connect()\nserver accept()\nwait 1ms\nclient write(5)\nwait 2ms\nclient close()\n";
        let short = shrink(long, |text| text.contains("client close()"));
        assert_eq!(short, "client connect()\nclient close()\n");
    }

    #[test]
    fn shrinking_comes_back_to_a_line_that_another_one_needed() {
        let long = "server listen()\nclient connect()\nwait 1ms\nwait 2ms\n";
        let short = shrink(long, |text| text.contains("wait 2ms") || !text.contains("wait 1ms"));
        assert_eq!(short, "", "`wait 2ms` can go only when `wait 1ms` has gone");
    }

    #[test]
    fn shrinking_stops_where_it_is_told_to() {
        let mut runs = 0;
        let long = "server listen()\nwait 1ms\nwait 2ms\nwait 3ms\n";
        let short = shrink(long, |_| {
            runs += 1;
            runs <= 2
        });
        assert_eq!(short, "server listen()\nwait 1ms\n");
    }
}
