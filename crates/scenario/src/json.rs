use crate::{Event, Trace};

impl Trace {
    /// The trace as one JSON object on one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a trace has string keys only, so it always has a JSON form")
    }

    /// Reads [`Trace::to_json`]'s form. Fields and kinds of events that are not known are passed over.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let mut trace: Self = serde_json::from_str(text)?;
        trace.events.retain(|event| *event != Event::Unknown);
        Ok(trace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = r#"{"version":1,"scenario":"x","witness":"sim","rung":"memory","kernel":"smoltcp 0.14.0","events":[{"kind":"call","at_us":10,"began_us":0,"host":"client","socket":"client","line":3,"call":"write(5)","outcome":"EPIPE"},{"kind":"segment","at_us":0,"arrives_us":10000,"from":"client","ports":[40000,80],"flags":"P.","seq":1,"ack":1,"len":5,"win":64240,"fate":"delivered"},{"kind":"segment","at_us":0,"from":"server","ports":[80,40000],"flags":"R","seq":2,"len":0,"win":0,"fate":"dropped"},{"kind":"state","at_us":20,"host":"server","socket":"server","from":"FIN-WAIT-1","to":"CLOSED"},{"kind":"info","at_us":30,"host":"client","socket":"client","unacked":1,"timer":"on"},{"kind":"info","at_us":40,"host":"client","socket":"client","error":"ETIMEDOUT"},{"kind":"info","at_us":50,"host":"client","socket":"client"}],"failed":[{"line":3,"expected":"5","got":"EPIPE"}]}"#;

    #[test]
    fn json_comes_back_as_it_went() {
        let trace = Trace::from_json(TRACE).expect("this is a trace");
        assert_eq!(trace.to_json(), TRACE);
    }

    #[test]
    fn unknown_fields_and_kinds_are_passed_over() {
        let newer = TRACE
            .replacen(r#""events":["#, r#""events":[{"kind":"weather","at_us":1,"sky":"blue"},"#, 1)
            .replacen(r#""witness""#, r#""mood":"good","witness""#, 1);
        assert_eq!(Trace::from_json(&newer).expect("a newer trace still reads").to_json(), TRACE);
    }
}
