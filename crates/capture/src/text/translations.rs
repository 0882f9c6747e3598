//! The texts of errnos (strerror(3)) in other languages than English.
//!
//! The texts of glibc 2.36 (its catalogues of messages, package libc-l10n), in small letters: Chinese, Chinese of Taiwan,
//! Japanese, Korean, German, French, Spanish, Portuguese of Brazil, Russian, Italian. Java prints them too. Those of
//! Windows are as people have pasted them.

use std::ops::Range;

use super::names::{ERRNOS, Errno};

const TRANSLATIONS: &[(&str, &[&str])] = &[
    (
        "ECONNRESET",
        &[
            "连接被对方重设",
            "連線被對方重設",
            "接続が相手からリセットされました",
            "상대편이 연결을 끊음",
            "die verbindung wurde vom kommunikationspartner zurückgesetzt",
            "connexion ré-initialisée par le correspondant",
            "conexión reinicializada por la máquina remota",
            "conexão fechada pela outra ponta",
            "соединение разорвано другой стороной",
            "connessione interrotta dal corrispondente",
            // Windows: Chinese, German, French, Spanish, Portuguese of Brazil, Russian.
            "远程主机强迫关闭了一个现有的连接",
            "eine vorhandene verbindung wurde vom remotehost geschlossen",
            "une connexion existante a dû être fermée par l'hôte distant",
            "se ha forzado la interrupción de una conexión existente",
            "o cancelamento de uma conexão existente pelo host remoto",
            "хост принудительно разорвал существующее подключение",
        ],
    ),
    (
        // Windows alone: Chinese, German, French, Spanish, Portuguese of Brazil and of Portugal, Russian.
        "ECONNABORTED",
        &[
            "主机中的软件中止了一个已建立的连接",
            "eine bestehende verbindung wurde softwaregesteuert",
            "une connexion établie a été abandonnée par un logiciel",
            "anulado una conexión establecida por el software",
            "uma conexão estabelecida foi anulada pelo software",
            "uma ligação estabelecida foi anulada pelo software",
            "разорвала установленное подключение",
        ],
    ),
    (
        "EPIPE",
        &[
            "断开的管道",
            "管線損壞",
            "파이프가 깨어짐",
            "datenübergabe unterbrochen (broken pipe)",
            "relais brisé (pipe)",
            "tubería rota",
            "pipe quebrado",
            "обрыв канала",
            "pipe interrotta",
        ],
    ),
    (
        "ECONNREFUSED",
        &[
            "拒绝连接",
            "連線被拒絕",
            "接続を拒否されました",
            "연결이 거부됨",
            "verbindungsaufbau abgelehnt",
            "connexion refusée",
            "conexión rehusada",
            "conexão recusada",
            "в соединении отказано",
            "connessione rifiutata",
        ],
    ),
    (
        "ETIMEDOUT",
        &[
            "连接超时",
            "連線超過時間",
            "接続がタイムアウトしました",
            "연결 시간 초과",
            "die wartezeit für die verbindung ist abgelaufen",
            "connexion terminée par expiration du délai d'attente",
            "expiró el tiempo de conexión",
            "tempo esgotado para conexão",
            "время ожидания соединения истекло",
            "connessione scaduta",
        ],
    ),
    (
        "EHOSTUNREACH",
        &[
            "没有到主机的路由",
            "找不到通往該主機的路由路徑",
            "ホストへの経路がありません",
            "호스트로 갈 루트가 없음",
            "keine route zum zielrechner",
            "aucun chemin d'accès pour atteindre l'hôte cible",
            "no existe ninguna ruta hasta el `host'",
            "não há rota para o host",
            "нет маршрута до узла",
            "nessun instradamento per l'host",
        ],
    ),
    (
        "EADDRINUSE",
        &[
            "地址已在使用",
            "位址已經有在使用",
            "アドレスは既に使用中です",
            "주소가 이미 사용 중입니다",
            "die adresse wird bereits verwendet",
            "adresse déjà utilisée",
            "la dirección ya se está usando",
            "endereço já em uso",
            "адрес уже используется",
            "indirizzo già in uso",
        ],
    ),
];

/// The errno that a text names in another language, at its last place. The text is in small letters.
pub(super) fn errno(text: &str) -> Option<(&'static Errno, &'static str, Range<usize>)> {
    let all = TRANSLATIONS.iter().flat_map(|(name, texts)| texts.iter().map(move |words| (*name, *words)));
    let (name, words, at) = all
        .filter_map(|(name, words)| Some((name, words, text.rfind(words)?)))
        .max_by_key(|(_, words, at)| (*at, words.len()))?;
    let errno = ERRNOS.iter().find(|errno| errno.name == name)?;
    Some((errno, words, at..at + words.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errno_is_found_in_other_languages() {
        for (text, name) in [
            ("java.net.SocketException: 断开的管道", "EPIPE"),
            ("write: Die Verbindung wurde vom Kommunikationspartner zurückgesetzt", "ECONNRESET"),
            ("curl: (7) Connexion refusée", "ECONNREFUSED"),
            ("ssh: Время ожидания соединения истекло", "ETIMEDOUT"),
        ] {
            assert_eq!(errno(&text.to_lowercase()).map(|(errno, ..)| errno.name), Some(name), "{text}");
        }
        assert_eq!(errno("连接成功"), None);
    }

    #[test]
    fn each_translation_is_of_a_known_errno_and_in_small_letters() {
        for (name, texts) in TRANSLATIONS {
            assert!(ERRNOS.iter().any(|errno| errno.name == *name), "{name}");
            for text in *texts {
                assert_eq!(*text, text.to_lowercase());
            }
        }
    }
}
