//! The table: kubeconfigs, flags and environments, and what must come of each with kubectl and with the plugin.

use super::world::{ADMIN, LOGIN, World, base64, credential, plugin};

/// What a case must come to.
pub enum Expect {
    /// Both reach the server by the same way and are seen as the same user, whose record holds this.
    Seen(String),
    /// Both refuse; what the plugin says holds this.
    Refused(&'static str),
    /// The plugin refuses with these words where kubectl does not, or the other way round; why, for the record.
    Differs { ours: &'static str, why: &'static str },
}

/// One row.
pub struct Case {
    pub name: &'static str,
    pub files: Vec<(&'static str, Vec<u8>)>,
    pub env: Vec<(&'static str, String)>,
    pub args: Vec<String>,
    pub expect: Expect,
    /// How often the login program must run, where there is one.
    pub runs: Option<usize>,
}

fn case(name: &'static str) -> Case {
    let env = vec![("KUBECONFIG", "@/config".to_owned())];
    Case { name, files: Vec::new(), env, args: Vec::new(), expect: Expect::Refused(""), runs: None }
}

impl Case {
    fn config(self, text: impl Into<String>) -> Self {
        self.file("config", text.into())
    }

    fn file(mut self, name: &'static str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((name, content.into()));
        self
    }

    fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.retain(|(known, _)| *known != name);
        self.env.push((name, value.into()));
        self
    }

    fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|&arg| arg.to_owned()));
        self
    }

    fn runs(mut self, runs: usize) -> Self {
        self.runs = Some(runs);
        self
    }

    fn seen(mut self, user: &str) -> Self {
        self.expect = Expect::Seen(user.to_owned());
        self
    }

    fn refused(mut self, words: &'static str) -> Self {
        self.expect = Expect::Refused(words);
        self
    }

    fn differs(mut self, ours: &'static str, why: &'static str) -> Self {
        self.expect = Expect::Differs { ours, why };
        self
    }
}

const ALICE: &str = "system:serviceaccount:default:alice";
const BOB: &str = "system:serviceaccount:default:bob";

/// A kubeconfig with one context `c` of a cluster `k` and a user `u`, whose fields are given as the inside of a map.
fn config(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
         clusters: [{{name: k, cluster: {{{cluster}}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n"
    )
}

impl World {
    fn authority_data(&self) -> String {
        format!("certificate-authority-data: {}", base64(&self.authority))
    }

    /// The fields of a cluster that is reached by a port.
    fn at(&self, port: u16) -> String {
        format!("server: \"https://127.0.0.1:{port}\", {}", self.authority_data())
    }

    /// The fields of a user with alice's token.
    fn as_alice(&self) -> String {
        format!("token: {}", self.alice)
    }

    /// The fields of a user with a client certificate.
    fn with(&self, (certificate, key): &(String, String)) -> String {
        format!("client-certificate-data: {}, client-key-data: {}", base64(certificate), base64(key))
    }
}

/// The fields of a user with a login program.
fn exec(version: &str, command: &str, more: &str) -> String {
    format!("exec: {{apiVersion: client.authentication.k8s.io/{version}, command: {command}{more}}}")
}

const NEVER: &str = ", interactiveMode: Never";

const OTHER_CLUSTER: &str = "kubectl would ask another cluster than the context's: that of KUBERNETES_MASTER, of the \
     pod it runs in, or localhost:8080";

const PASSWORD: &str =
    "kubectl would log in with the address's password instead of the user's own token, and be nobody";

/// Returns all rows.
pub fn cases(w: &World) -> Vec<Case> {
    let mut all = files(w);
    all.extend(shapes(w));
    all.extend(names(w));
    all.extend(tokens(w));
    all.extend(certificates(w));
    if let Some(rsa) = &w.rsa {
        let rsa = config(&w.at(w.a), &w.with(rsa));
        all.push(case("an RSA key as AKS gives it, PKCS #1").config(rsa).seen("rsa"));
    }
    all.extend(trust(w));
    all.extend(servers(w));
    all.extend(programs(w));
    all.extend(failing_programs(w));
    all.extend(idle_programs(w));
    all.extend(providers(w));
    all.extend(proxies(w));
    all.extend(impersonation(w));
    all
}

fn files(w: &World) -> Vec<Case> {
    let whole = config(&w.at(w.a), &w.as_alice());
    let other = config(&w.at(w.b), &format!("token: {}", w.bob));
    let users = format!("users: [{{name: u, user: {{{}}}}}]\n", w.as_alice());
    let rest = config(&w.at(w.a), "").replace("users: [{name: u, user: {}}]\n", "");
    vec![
        case("one file").config(&*whole).seen(ALICE),
        case("the user stands in the second file")
            .config(&*rest)
            .file("users", users.clone())
            .env("KUBECONFIG", "@/config:@/users")
            .seen(ALICE),
        case("both files have everything: the first wins")
            .config(&*whole)
            .file("other", other.clone())
            .env("KUBECONFIG", "@/config:@/other")
            .seen(ALICE),
        case("the other way round")
            .config(&*whole)
            .file("other", other.clone())
            .env("KUBECONFIG", "@/other:@/config")
            .seen(BOB),
        case("entries are not mixed: the first file's empty user stays empty")
            .config(config(&w.at(w.a), ""))
            .file("other", other.clone())
            .env("KUBECONFIG", "@/config:@/other")
            .refused("nothing to log in with"),
        case("the current context comes from the second file")
            .config(whole.replace("current-context: c\n", ""))
            .file("other", other.clone())
            .env("KUBECONFIG", "@/config:@/other")
            .seen(ALICE),
        case("a file of the list is not there")
            .config(&*whole)
            .env("KUBECONFIG", "@/gone:@/config:@/gone-too")
            .seen(ALICE),
        case("the same file twice, and empty names")
            .config(&*whole)
            .env("KUBECONFIG", ":@/config::@/config:")
            .seen(ALICE),
        case("a later file is broken")
            .config(&*whole)
            .file("broken", "users: [")
            .env("KUBECONFIG", "@/config:@/broken")
            .refused("no YAML"),
        case("a file of the list is a folder")
            .config(&*whole)
            .env("KUBECONFIG", "@/config:@/home")
            .refused("cannot be read"),
        case("no file of the list is there").env("KUBECONFIG", "@/gone:@/gone-too").refused("no kubeconfig"),
        case("nothing at all").env("KUBECONFIG", "").refused("no kubeconfig"),
        case("the home folder's").file("home/.kube/config", &*whole).env("KUBECONFIG", "").seen(ALICE),
        case("--kubeconfig goes before KUBECONFIG")
            .config(&*whole)
            .file("other", other.clone())
            .args(&["--kubeconfig", "@/other"])
            .seen(BOB),
        case("--kubeconfig is relative to where one stands")
            .file(
                "sub/config",
                config(
                    &format!("server: \"https://127.0.0.1:{}\", certificate-authority: ca.crt", w.a),
                    "tokenFile: ../token",
                ),
            )
            .file("sub/ca.crt", &*w.authority)
            .file("token", &*w.alice)
            .args(&["--kubeconfig=sub/config"])
            .seen(ALICE),
        case("--kubeconfig without a value is none").config(&*whole).args(&["--kubeconfig="]).seen(ALICE),
        case("--kubeconfig is not there").config(&*whole).args(&["--kubeconfig", "@/gone"]).refused("cannot be read"),
        case("relative paths of a merged file mean its own folder")
            .config(rest.replace(&w.authority_data(), "certificate-authority: pki/ca.crt"))
            .file("pki/ca.crt", &*w.authority)
            .file("deep/users", "users: [{name: u, user: {tokenFile: ./token}}]")
            .file("deep/token", &*w.alice)
            .env("KUBECONFIG", "@/config:@/deep/users")
            .seen(ALICE),
    ]
}

fn shapes(w: &World) -> Vec<Case> {
    let whole = config(&w.at(w.a), &w.as_alice());
    let mut wide = vec![0xFF, 0xFE];
    wide.extend(whole.encode_utf16().flat_map(u16::to_le_bytes));
    let insecure = format!("server: \"https://127.0.0.1:{}\", insecure-skip-tls-verify: yes", w.a);
    let json = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c", "preferences": {},
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "x", "extensions": null}}],
        "clusters": [{"name": "k", "cluster": {
            "server": format!("https://127.0.0.1:{}", w.a), "certificate-authority-data": base64(&w.authority)}}],
        "users": [{"name": "u", "user": {"token": w.alice, "as": null, "exec": null}}],
    });
    let data = base64(&w.authority);
    let lines: Vec<_> = data.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect();
    let in_lines =
        format!("server: 'https://127.0.0.1:{}', certificate-authority-data: \"{}\"", w.a, lines.join("\\n"));
    let anchored = format!(
        "x: &k {{{}}}\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
         clusters: [{{name: k, cluster: {{<<: *k, disable-compression: true}}}}]\n\
         users: [{{name: u, user: {{{}}}}}]\n",
        w.at(w.a),
        w.as_alice()
    );
    vec![
        case("an empty file").config("").refused("no kubeconfig"),
        case("a file of comments").config("# nothing\n").refused("no kubeconfig"),
        case("UTF-16, as PowerShell writes it").file("config", wide).seen(ALICE),
        case("a byte order mark").config(format!("\u{feff}{whole}")).seen(ALICE),
        case("JSON, with nulls").config(serde_json::to_string_pretty(&json).unwrap()).seen(ALICE),
        case("lines that end as on Windows").config(whole.replace('\n', "\r\n")).seen(ALICE),
        case("a key twice: the last counts")
            .config(whole.replace("current-", "current-context: d\ncurrent-"))
            .seen(ALICE),
        case("two users of one name")
            .config(whole.replace("users: [", "users: [{name: u, user: {}}, "))
            .refused("two users"),
        case("two documents: only the first counts").config(format!("{whole}---\ncurrent-context: gone\n")).seen(ALICE),
        case("another kind").config(whole.replace("kind: Config", "kind: Cluster")).refused("another kind"),
        case("another version").config(whole.replace("apiVersion: v1", "apiVersion: v2")).refused("another kind"),
        case("neither kind nor version").config(whole.replace("apiVersion: v1\nkind: Config\n", "")).seen(ALICE),
        case("fields that nobody knows")
            .config(whole.replace("token:", "tokens: [x], token:").replace("kind:", "things: {a: b}\nkind:"))
            .seen(ALICE),
        case("yes is true").config(config(&insecure, &w.as_alice())).seen(ALICE),
        case("a number for a token")
            .config(config(&w.at(w.a), "token: 12345678901234567890"))
            .refused("string is expected"),
        case("a word for a truth")
            .config(config(&insecure.replace("yes", "perhaps"), &w.as_alice()))
            .refused("boolean is expected"),
        case("a map for a list")
            .config(whole.replace("users: [", "users: ").trim_end().trim_end_matches(']'))
            .refused("is expected there"),
        case("a text for a list").config(format!("{}users: none\n", config(&w.at(w.a), ""))).refused("is expected"),
        case("data that is no base64")
            .config(config("server: x, certificate-authority-data: '*'", ""))
            .refused("base64 is expected"),
        case("base64 in lines").config(config(&in_lines, &w.as_alice())).seen(ALICE),
        case("anchors and merged maps").config(anchored).seen(ALICE),
    ]
}

fn names(w: &World) -> Vec<Case> {
    let whole = config(&w.at(w.a), &w.as_alice());
    let more = format!(
        "{}clusters: [{{name: k, cluster: {{{}}}}}, {{name: other, cluster: {{{}}}}}]\n\
         users: [{{name: u, user: {{{}}}}}, {{name: bob, user: {{token: {}}}}}]\n",
        "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}, \
         {name: d, context: {cluster: other, user: bob}}, \
         {name: bare, context: {}}, {name: 'no user', context: {cluster: k}}]\n",
        w.at(w.a),
        w.at(w.b),
        w.as_alice(),
        w.bob
    );
    let server = format!("https://127.0.0.1:{}", w.b);
    let odd = |name: &str| {
        whole
            .replace("name: c", &format!("name: {name}"))
            .replace("current-context: c", &format!("current-context: {name}"))
            .replace("name: u", &format!("name: {name}"))
            .replace("user: u", &format!("user: {name}"))
            .replace("name: k", &format!("name: {name}"))
            .replace("cluster: k", &format!("cluster: {name}"))
    };
    vec![
        case("--context").config(&*more).args(&["--context", "d"]).seen(BOB),
        case("--context without a value is none").config(&*more).args(&["--context="]).seen(ALICE),
        case("--cluster").config(&*more).args(&["--cluster", "other"]).seen(ALICE),
        case("--user").config(&*more).args(&["--user", "bob"]).seen(BOB),
        case("--context, --cluster and --user")
            .config(&*more)
            .args(&["--context", "d", "--cluster", "k", "--user", "u"])
            .seen(ALICE),
        case("--context that is not there").config(&*more).args(&["--context", "e"]).refused("no context \"e\""),
        case("--cluster that is not there").config(&*more).args(&["--cluster", "e"]).refused("no cluster \"e\""),
        case("--user that is not there").config(&*more).args(&["--user", "e"]).refused("no user \"e\""),
        case("the current context is not there")
            .config(whole.replace("current-context: c", "current-context: e"))
            .refused("no context \"e\""),
        case("a context of nothing").config(&*more).args(&["--context", "bare"]).refused("names no cluster"),
        case("a context of nothing, with cluster and user by flag")
            .config(&*more)
            .args(&["--context", "bare", "--cluster", "k", "--user", "u"])
            .seen(ALICE),
        case("a context without a user").config(&*more).args(&["--context", "no user"]).refused("no user is chosen"),
        case("a context without a user, with a token by flag")
            .config(&*more)
            .args(&["--context", "no user", "--token", &w.bob])
            .seen(BOB),
        case("the context's cluster is not there")
            .config(whole.replace("name: k", "name: l"))
            .refused("lacks the cluster \"k\""),
        case("the context's cluster is not there, with a server by flag")
            .config(whole.replace("name: k", "name: l"))
            .file("ca.crt", &*w.authority)
            .args(&["--server", &server, "--certificate-authority", "@/ca.crt"])
            .seen(ALICE),
        case("the context's user is not there")
            .config(whole.replace("name: u", "name: v"))
            .refused("lacks the user \"u\""),
        case("a name like an e-mail address").config(odd("clusterUser_my-group_my.cluster@contoso.com")).seen(ALICE),
        case("a name like an ARN").config(odd("'arn:aws:eks:eu-west-1:1234:cluster/x'")).seen(ALICE),
        case("a name with blanks and umlauts").config(odd("' Prüf stand: #1 '")).seen(ALICE),
        case("a name that YAML takes for a number").config(odd("1234")).refused("string is expected"),
        case("a name in quotes that would be a number").config(odd("'1234'")).seen(ALICE),
        case("no kubeconfig, all by flags")
            .env("KUBECONFIG", "")
            .file("ca.crt", &*w.authority)
            .args(&["--server", &server, "--certificate-authority", "@/ca.crt", "--token", &w.bob])
            .seen(BOB),
        case("no kubeconfig, -s and a client certificate")
            .env("KUBECONFIG", "")
            .file("c", &*w.dora.0)
            .file("k", &*w.dora.1)
            .args(&["-s", &server, "--insecure-skip-tls-verify", "--client-certificate", "@/c", "--client-key", "@/k"])
            .seen("dora"),
        case("KUBERNETES_MASTER and a context of nothing")
            .config(&*more)
            .args(&["--context", "bare", "--token", &w.bob, "--certificate-authority", "@/ca.crt"])
            .env("KUBERNETES_MASTER", &*server)
            .file("ca.crt", &*w.authority)
            .differs("names no cluster", OTHER_CLUSTER),
        case("KUBERNETES_MASTER")
            .env("KUBECONFIG", "")
            .env("KUBERNETES_MASTER", &*server)
            .file("ca.crt", &*w.authority)
            .args(&["--certificate-authority", "@/ca.crt", "--token", &w.bob])
            .seen(BOB),
    ]
}

fn tokens(w: &World) -> Vec<Case> {
    let at = w.at(w.a);
    let whole = config(&at, &w.as_alice());
    let filed = config(&at, "tokenFile: token");
    let both = config(&at, &format!("{}, tokenFile: token", w.as_alice()));
    vec![
        case("a token file").config(&*filed).file("token", &*w.alice).seen(ALICE),
        case("a token file that ends with blanks and a line")
            .config(&*filed)
            .file("token", format!(" {} \r\n\n", w.alice))
            .seen(ALICE),
        case("a token file that is not there").config(&*filed).refused("token file"),
        case("a token file of nothing").config(&*filed).file("token", "\n").refused("token file"),
        case("a token and a token file: the file's is the fresher").config(&*both).file("token", &*w.bob).seen(BOB),
        case("a token and a token file that is not there").config(&*both).seen(ALICE),
        case("--token").config(&*whole).args(&["--token", &w.bob]).seen(BOB),
        case("--token and a token file")
            .config(&*filed)
            .file("token", &*w.alice)
            .args(&["--token", &w.bob])
            .seen(ALICE),
        case("--token and a client certificate: the certificate counts")
            .config(config(&at, &w.with(&w.dora)))
            .args(&["--token", &w.bob])
            .seen("dora"),
        case("--token without a value is none").config(&*whole).args(&["--token="]).seen(ALICE),
        case("a token of two lines").config(config(&at, "token: \"a\\nb\"")).refused("cannot be sent"),
        case("a token that nobody gave").config(config(&at, "token: nonsense")).refused("401"),
        case("a name with password: nobody knows it")
            .config(config(&at, "username: me, password: secret"))
            .seen("anonymous"),
        case("a password alone").config(config(&at, "password: secret")).refused("nothing to log in with"),
        case("--username and --password")
            .config(config(&at, ""))
            .args(&["--username", "me", "--password", "secret"])
            .seen("anonymous"),
        case("a token and a password")
            .config(config(&at, &format!("{}, username: me, password: secret", w.as_alice())))
            .refused("both a token and"),
        case("a token file and a password")
            .config(config(&at, "tokenFile: token, username: me, password: secret"))
            .file("token", &*w.alice)
            .refused("both a token and"),
        case("nobody").config(config(&at, "")).refused("nothing to log in with"),
    ]
}

fn certificates(w: &World) -> Vec<Case> {
    let at = w.at(w.a);
    let dora = config(&at, &w.with(&w.dora));
    let filed = config(&at, "client-certificate: c, client-key: k");
    let foreign = rcgen::generate_simple_self_signed(vec!["dora".to_owned()]).unwrap();
    let foreign = (foreign.cert.pem(), foreign.signing_key.serialize_pem());
    vec![
        case("a client certificate").config(&*dora).seen("crew"),
        case("a client certificate in files").config(&*filed).file("c", &*w.dora.0).file("k", &*w.dora.1).seen("dora"),
        case("certificate and key in one file")
            .config(filed.replace("client-key: k", "client-key: c"))
            .file("c", format!("{}{}", w.dora.1, w.dora.0))
            .seen("dora"),
        case("words around the certificate")
            .config(&*filed)
            .file("c", format!("subject: x\n{}\nend", w.dora.0))
            .file("k", &*w.dora.1)
            .seen("dora"),
        case("a certificate in a file, its key inline")
            .config(config(&at, &format!("client-certificate: c, client-key-data: {}", base64(&w.dora.1))))
            .file("c", &*w.dora.0)
            .seen("dora"),
        case("a certificate without its key")
            .config(config(&at, &format!("client-certificate-data: {}", base64(&w.dora.0))))
            .refused("without its key"),
        case("a key without its certificate")
            .config(config(&at, &format!("client-key-data: {}", base64(&w.dora.1))))
            .refused("nothing to log in with"),
        case("another's key")
            .config(config(&at, &w.with(&(w.dora.0.clone(), w.erin.1.clone()))))
            .refused("cannot be used"),
        case("a key that is none")
            .config(config(&at, &w.with(&(w.dora.0.clone(), "nonsense".to_owned()))))
            .refused("no PEM"),
        case("a certificate both inline and in a file")
            .config(config(&at, &format!("client-certificate: c, {}", w.with(&w.dora))))
            .file("c", &*w.dora.0)
            .refused("both client-certificate and"),
        case("a certificate's file that is not there").config(&*filed).file("k", &*w.dora.1).refused("cannot be read"),
        case("--client-certificate and --client-key go before inline ones")
            .config(&*dora)
            .file("c", &*w.erin.0)
            .file("k", &*w.erin.1)
            .args(&["--client-certificate", "@/c", "--client-key", "@/k"])
            .seen("erin"),
        case("a certificate and a token: the certificate counts")
            .config(config(&at, &format!("{}, {}", w.with(&w.dora), w.as_alice())))
            .seen("dora"),
        case("a certificate that has expired")
            .config(config(&at, &w.with(&w.expired)))
            .refused("client certificate expired"),
        case("a certificate of another authority").config(config(&at, &w.with(&foreign))).refused("401"),
    ]
}

fn trust(w: &World) -> Vec<Case> {
    let server = format!("server: \"https://127.0.0.1:{}\"", w.a);
    let whole = config(&w.at(w.a), &w.as_alice());
    let other = rcgen::generate_simple_self_signed(vec!["x".to_owned()]).unwrap().cert.pem();
    let wrong = config(&format!("{server}, certificate-authority-data: {}", base64(&other)), &w.as_alice());
    let open = config(&server, &w.as_alice());
    let named = |name: &str| config(&format!("{}, tls-server-name: {name}", w.at(w.a)), &w.as_alice());
    let by_flag = format!("https://127.0.0.1:{}", w.b);
    vec![
        case("an authority in a file")
            .config(config(&format!("{server}, certificate-authority: ca.crt"), &w.as_alice()))
            .file("ca.crt", &*w.authority)
            .seen(ALICE),
        case("several authorities")
            .config(config(&format!("{server}, certificate-authority: ca.crt"), &w.as_alice()))
            .file("ca.crt", format!("{other}{}", w.authority))
            .seen(ALICE),
        case("another authority").config(&*wrong).refused("not signed by an authority"),
        case("no authority").config(&*open).refused("not signed by an authority"),
        case("no authority, but the system knows it")
            .config(&*open)
            .file("ca.crt", &*w.authority)
            .env("SSL_CERT_FILE", "@/ca.crt")
            .seen(ALICE),
        case("an authority that is none")
            .config(config(&format!("{server}, certificate-authority: ca.crt"), &w.as_alice()))
            .file("ca.crt", "nonsense")
            .refused("no certificate"),
        case("an authority's file that is not there")
            .config(config(&format!("{server}, certificate-authority: ca.crt"), &w.as_alice()))
            .refused("cannot be read"),
        case("an authority both inline and in a file")
            .config(config(&format!("{}, certificate-authority: ca.crt", w.at(w.a)), &w.as_alice()))
            .file("ca.crt", &*w.authority)
            .refused("both certificate-authority and"),
        case("without looking at the certificate")
            .config(config(&format!("{server}, insecure-skip-tls-verify: true"), &w.as_alice()))
            .seen(ALICE),
        case("not looking, in spite of an authority")
            .config(config(&format!("{}, insecure-skip-tls-verify: true", w.at(w.a)), &w.as_alice()))
            .refused("do not go together"),
        case("--insecure-skip-tls-verify goes before an authority")
            .config(&*wrong)
            .args(&["--insecure-skip-tls-verify"])
            .seen(ALICE),
        case("--insecure-skip-tls-verify=false changes nothing")
            .config(&*wrong)
            .args(&["--insecure-skip-tls-verify=false"])
            .refused("not signed by an authority"),
        case("--certificate-authority goes before an inline one")
            .config(&*wrong)
            .file("ca.crt", &*w.authority)
            .args(&["--certificate-authority", "@/ca.crt"])
            .seen(ALICE),
        case("--certificate-authority ends not looking")
            .config(config(&format!("{server}, insecure-skip-tls-verify: true"), &w.as_alice()))
            .file("ca.crt", &*other)
            .args(&["--certificate-authority", "@/ca.crt"])
            .refused("not signed by an authority"),
        case("both by flag")
            .config(&*whole)
            .file("ca.crt", &*w.authority)
            .args(&["--certificate-authority", "@/ca.crt", "--insecure-skip-tls-verify"])
            .refused("do not go together"),
        case("tls-server-name").config(named("kubernetes.default.svc")).seen(ALICE),
        case("tls-server-name of nobody").config(named("elsewhere.example")).refused("for another name"),
        case("tls-server-name that is an address").config(named("10.0.0.1")).seen(ALICE),
        case("--tls-server-name")
            .config(named("elsewhere.example"))
            .args(&["--tls-server-name", "localhost"])
            .seen(ALICE),
        case("--server takes the kubeconfig's tls-server-name away")
            .config(named("elsewhere.example"))
            .args(&["--server", &by_flag])
            .seen(ALICE),
        case("a server by the name localhost").config(whole.replace("127.0.0.1", "localhost")).seen(ALICE),
    ]
}

fn servers(w: &World) -> Vec<Case> {
    let with = |server: &str| config(&format!("server: \"{server}\", {}", w.authority_data()), &w.as_alice());
    let plain = |server: String| config(&format!("server: \"{server}\""), &w.as_alice());
    vec![
        case("plain HTTP: nobody logs in").config(plain(format!("http://127.0.0.1:{}", w.plain))).seen("lab-admin"),
        case("plain HTTP without a user")
            .config(config(&format!("server: \"http://127.0.0.1:{}\"", w.plain), ""))
            .seen("lab-admin"),
        case("no scheme is plain HTTP").config(plain(format!("127.0.0.1:{}", w.plain))).seen("lab-admin"),
        case("no scheme, a name").config(plain(format!("localhost:{}/", w.plain))).seen("lab-admin"),
        case("a path before the API").config(plain(format!("http://127.0.0.1:{}/k8s/c-1", w.below))).seen("lab-admin"),
        case("a path before the API that ends with a slash")
            .config(plain(format!("http://127.0.0.1:{}/k8s/c-1/", w.below)))
            .seen("lab-admin"),
        case("plain HTTP to a server of TLS")
            .config(plain(format!("http://127.0.0.1:{}", w.a)))
            .refused("Write https:// before"),
        case("a path without a scheme")
            .config(plain(format!("127.0.0.1:{}/k8s", w.a)))
            .refused("no address of an API server"),
        case("TLS to a plain server")
            .config(with(&format!("https://127.0.0.1:{}", w.plain)))
            .refused("does not speak TLS"),
        case("a scheme in capitals").config(with(&format!("HTTPS://127.0.0.1:{}", w.a))).seen(ALICE),
        case("a slash at the end").config(with(&format!("https://127.0.0.1:{}/", w.a))).seen(ALICE),
        case("--server")
            .config(with("https://127.0.0.1:1"))
            .args(&["--server", &format!("https://127.0.0.1:{}", w.b)])
            .seen(ALICE),
        case("--server without a value is none")
            .config(with(&format!("https://127.0.0.1:{}", w.a)))
            .args(&["--server="])
            .seen(ALICE),
        case("a port where nothing listens").config(with("https://127.0.0.1:1")).refused("connection refused"),
        case("a name that nobody knows")
            .config(with("https://aks-x.hcp.westeurope.azmk8s.invalid:443"))
            .refused("not known here"),
        case("an address that is none").config(with("https://127.0.0.1:port")).refused("no address of an API server"),
        case("another scheme").config(with("ftp://127.0.0.1")).refused("no address of an API server"),
        case("a name and a password in the address")
            .config(with(&format!("https://me:secret@127.0.0.1:{}", w.a)))
            .differs("no address of an API server", PASSWORD),
        case("a cluster without a server")
            .config(config(&w.authority_data(), &w.as_alice()))
            .refused("no cluster with a server"),
    ]
}

fn programs(w: &World) -> Vec<Case> {
    let at = w.at(w.a);
    let token = format!("{{\"token\": \"{}\"}}", w.alice);
    let v1 = plugin(&credential("v1", &token));
    let beta = plugin(&credential("v1beta1", &token));
    let dora = serde_json::json!({"clientCertificateData": w.dora.0, "clientKeyData": w.dora.1}).to_string();
    let both = dora.replacen('{', &format!("{{\"token\": \"{}\",", w.alice), 1);
    let hour = token.replace('}', ", \"expirationTimestamp\": \"2100-01-01T00:00:00Z\"}");
    let of = |status: &str| plugin(&credential("v1", status));
    let with = |exec: String| config(&at, &exec);
    let relative = with(exec("v1", "./login", NEVER));
    let asks = format!("{NEVER}, provideClusterInfo: true");
    let told = format!(
        "{at}, tls-server-name: localhost, disable-compression: true, \
         extensions: [{{name: client.authentication.k8s.io/exec, extension: {{a: [1]}}}}]"
    );
    let through = format!(
        "server: 'https://127.0.0.1:{}', insecure-skip-tls-verify: true, proxy-url: 'http://127.0.0.1:{}'",
        w.a, w.http
    );
    let filed = format!("server: 'https://127.0.0.1:{}', certificate-authority: ca.crt", w.a);
    let variables = "args: [a b, \"$X\"], env: [{name: WHO, value: me}, {name: HOW, value: ''}]";
    let checks = "test \"$1/$2/$WHO/$HOW\" = 'a b/$X/me/' || exit 9";
    let yaml = format!(
        "echo 'apiVersion: client.authentication.k8s.io/v1'; echo 'kind: ExecCredential'\n\
         echo 'status: {{token: {}}}'",
        w.alice
    );
    let elsewhere = format!("users: [{{name: u, user: {{{}}}}}]", exec("v1", "../deep/login", NEVER));
    vec![
        case("a login program of v1").config(&*relative).file("login", &*v1).seen(ALICE).runs(1),
        case("a login program of v1beta1")
            .config(with(exec("v1beta1", "./login", "")))
            .file("login", &*beta)
            .seen(ALICE)
            .runs(1),
        case("a login program that is looked for")
            .config(with(exec("v1", "mylogin", NEVER)))
            .file("bin/mylogin", &*v1)
            .seen(ALICE)
            .runs(1),
        case("a login program beside a merged file")
            .config(config(&at, "").replace("users: [{name: u, user: {}}]\n", ""))
            .file("deep/users", elsewhere)
            .file("deep/login", &*v1)
            .env("KUBECONFIG", "@/config:@/deep/users")
            .seen(ALICE)
            .runs(1),
        case("a login program with a certificate").config(&*relative).file("login", of(&dora)).seen("dora").runs(1),
        case("a login program with a token and a certificate")
            .config(&*relative)
            .file("login", of(&both))
            .seen("dora")
            .runs(1),
        case("a login program with arguments and variables")
            .config(with(exec("v1", "./login", &format!("{NEVER}, {variables}"))))
            .file("login", plugin(&format!("{checks}\n{}", credential("v1", &token))))
            .seen(ALICE)
            .runs(1),
        case("a login program that is told of the cluster")
            .config(config(&told, &exec("v1", "./login", &asks)))
            .file("login", &*v1)
            .seen(ALICE)
            .runs(1),
        case("a login program that is told of a proxy and no check")
            .config(config(&through, &exec("v1beta1", "./login", ", provideClusterInfo: true")))
            .file("login", &*beta)
            .seen(ALICE)
            .runs(1),
        case("a login program that is told of an authority's file")
            .config(config(&filed, &exec("v1", "./login", &asks)))
            .file("ca.crt", &*w.authority)
            .file("login", &*v1)
            .seen(ALICE)
            .runs(1),
        case("a login program that answers in YAML")
            .config(&*relative)
            .file("login", plugin(&yaml))
            .seen(ALICE)
            .runs(1),
        case("a login program whose answer is good for long")
            .config(&*relative)
            .file("login", of(&hour))
            .seen(ALICE)
            .runs(1),
        case("a login program that talks")
            .config(&*relative)
            .file("login", v1.replace("echo run", "echo 'Hello' >&2\necho run"))
            .seen(ALICE)
            .runs(1),
        case("a login program that may ask, without a terminal")
            .config(with(exec("v1", "./login", ", interactiveMode: IfAvailable")))
            .file("login", v1.replace("echo run", "test -z \"$(cat)\" && echo run"))
            .seen(ALICE)
            .runs(1),
    ]
}

/// Login programs that bring no login.
fn failing_programs(w: &World) -> Vec<Case> {
    let at = w.at(w.a);
    let v1 = plugin(&credential("v1", "{\"token\": \"sesame\"}"));
    let beta = plugin(&credential("v1beta1", "{\"token\": \"sesame\"}"));
    let relative = config(&at, &exec("v1", "./login", NEVER));
    let answers =
        |name, status: &str| case(name).config(&*relative).file("login", plugin(&credential("v1", status))).runs(1);
    let does = |name, script: &str| case(name).config(&*relative).file("login", plugin(script)).runs(1);
    let wrong =
        |name, fields: &str| case(name).config(config(&at, &format!("exec: {{{fields}}}"))).file("login", &*v1).runs(0);
    let program = "command: ./login, apiVersion: client.authentication.k8s.io/v1";
    let hint = "installHint: \"Get it\\n\\nfrom https://aka.ms/aks/kubelogin\"";
    vec![
        wrong("v1 without interactiveMode", program).refused("no interactiveMode"),
        wrong("an interactiveMode of nobody", &format!("{program}, interactiveMode: Often"))
            .refused("interactiveMode that"),
        wrong("a login program that must ask, without a terminal", &format!("{program}, interactiveMode: Always"))
            .refused("not a terminal"),
        wrong("a login program of v1alpha1", &format!("{program}alpha1")).refused("no longer supports"),
        wrong("a login program without a version", "command: ./login, interactiveMode: Never").refused("no apiVersion"),
        wrong("a login program without a command", &program.replace("./login", "''")).refused("no command"),
        wrong("a variable without a name", &format!("{program}{NEVER}, env: [{{value: x}}]")).refused("without a name"),
        wrong("a login program that is not there", &format!("{program}{NEVER}, {hint}").replace("./", "kube"))
            .refused("Get it from https://aka.ms"),
        case("a login program that may not be run").config(&*relative).file("login", "exit 0").refused("not installed"),
        does("a login program that fails", "echo 'AADSTS50076' >&2; exit 3").refused("exit code 3"),
        does("a login program that is killed", "kill -9 $$").refused("ended by a signal"),
        does("a login program that says nothing", "true").refused("answered nothing"),
        does("a login program that says nonsense", "echo sesame").refused("no ExecCredential"),
        case("a login program of another version")
            .config(&*relative)
            .file("login", &*beta)
            .refused("something else")
            .runs(1),
        answers("a login program without a status", "null").refused("without a status"),
        answers("a login program with an empty status", "{}").refused("neither a token"),
        answers("a login program with half a certificate", r#"{"clientCertificateData": "x"}"#).refused("only one of"),
        answers("a login program with no real certificate", r#"{"clientCertificateData": "x", "clientKeyData": "y"}"#)
            .refused("holds no client certificate"),
        answers("a login program with a time that is none", r#"{"token": "x", "expirationTimestamp": "soon"}"#)
            .refused("no time"),
        answers("a login program whose token nobody knows", r#"{"token": "sesame"}"#).refused("401"),
    ]
}

/// Login programs that stand beside something else to log in with.
fn idle_programs(w: &World) -> Vec<Case> {
    let program = exec("v1", "./login", NEVER);
    let v1 = plugin(&credential("v1", "{\"token\": \"sesame\"}"));
    let beside = |name, fields: &str| {
        let user = if fields.is_empty() { program.clone() } else { format!("{fields}, {program}") };
        case(name).config(config(&w.at(w.a), &user)).file("login", &*v1).runs(0)
    };
    let plain = config(&format!("server: 'http://127.0.0.1:{}'", w.plain), &program);
    vec![
        beside("a login program beside a token", &format!("token: {}", w.bob)).seen(BOB),
        beside("a login program beside a token file", "tokenFile: token").file("token", &*w.bob).seen(BOB),
        beside("a login program beside a certificate", &w.with(&w.dora)).seen("dora"),
        beside("a login program beside a password", "username: me").seen("anonymous"),
        beside("a login program and --token", "").args(&["--token", &w.bob]).seen(BOB),
        case("a login program and plain HTTP").config(plain).file("login", &*v1).seen("lab-admin").runs(0),
    ]
}

fn providers(w: &World) -> Vec<Case> {
    let of = |fields: &str| config(&w.at(w.a), fields);
    let oidc = |token: &str| {
        let issuer = "idp-issuer-url: 'https://127.0.0.1:1', client-id: me";
        of(&format!("auth-provider: {{name: oidc, config: {{{issuer}, id-token: '{token}'}}}}"))
    };
    vec![
        case("the azure auth-provider")
            .config(of("auth-provider: {name: azure, config: {environment: AzurePublicCloud}}"))
            .refused("kubelogin convert-kubeconfig"),
        case("an auth-provider of nobody").config(of("auth-provider: {name: mine}")).refused("not known"),
        case("an OIDC token that is good").config(oidc(&w.alice)).seen(ALICE),
        case("an OIDC token that has expired").config(oidc("a.eyJleHAiOjF9.c")).refused("expired"),
        case("an OIDC provider without an issuer")
            .config(of("auth-provider: {name: oidc, config: {client-id: me}}"))
            .refused("not complete"),
        case("an auth-provider and a login program")
            .config(of(&format!("auth-provider: {{name: oidc}}, {}", exec("v1", "./login", NEVER))))
            .refused("beside an auth-provider"),
        case("an OIDC token and --token").config(oidc(&w.alice)).args(&["--token", &w.bob]).seen(BOB),
    ]
}

fn proxies(w: &World) -> Vec<Case> {
    let through = |proxy: &str| config(&format!("{}, proxy-url: \"{proxy}\"", w.at(w.a)), &w.as_alice());
    // A name that only the proxy knows.
    let far = config(
        &format!("server: \"https://far.example.test:6443\", tls-server-name: localhost, {}", w.authority_data()),
        &w.as_alice(),
    );
    let address = config(
        &format!("server: \"https://10.99.99.99:6443\", tls-server-name: localhost, {}", w.authority_data()),
        &w.as_alice(),
    );
    let http = format!("http://127.0.0.1:{}", w.http);
    vec![
        case("proxy-url, HTTP").config(through(&http)).seen(ALICE),
        case("proxy-url, HTTP with a login")
            .config(through(&format!("http://{LOGIN}@127.0.0.1:{}", w.http_login)))
            .seen(ALICE),
        case("proxy-url, HTTP with another login")
            .config(through(&format!("http://me:wrong@127.0.0.1:{}", w.http_login)))
            .refused("another name or password"),
        case("proxy-url, HTTPS").config(through(&format!("https://127.0.0.1:{}", w.https))).seen(ALICE),
        case("proxy-url, SOCKS5").config(through(&format!("socks5://127.0.0.1:{}", w.socks))).seen(ALICE),
        case("proxy-url, SOCKS5 with a login")
            .config(through(&format!("socks5://{LOGIN}@127.0.0.1:{}", w.socks_login)))
            .seen(ALICE),
        case("proxy-url, SOCKS5 without the login")
            .config(through(&format!("socks5://127.0.0.1:{}", w.socks_login)))
            .refused("proxy"),
        case("proxy-url, SOCKS5, which resolves names")
            .config(
                far.replace(
                    "tls-server-name",
                    &format!("proxy-url: \"socks5://127.0.0.1:{}\", tls-server-name", w.socks),
                ),
            )
            .seen(ALICE),
        case("proxy-url, socks5h")
            .config(through(&format!("socks5h://127.0.0.1:{}", w.socks)))
            .refused("no address of an http"),
        case("proxy-url without a scheme")
            .config(through(&format!("127.0.0.1:{}", w.http)))
            .refused("no address of an http"),
        case("proxy-url where nothing listens")
            .config(through("http://127.0.0.1:1"))
            .refused("through the proxy 127.0.0.1:1"),
        case("proxy-url and NO_PROXY: the kubeconfig wins").config(through(&http)).env("NO_PROXY", "*").seen(ALICE),
        case("proxy-url and HTTPS_PROXY: the kubeconfig wins")
            .config(through(&http))
            .env("HTTPS_PROXY", "http://127.0.0.1:1")
            .seen(ALICE),
        case("HTTPS_PROXY").config(&*far).env("HTTPS_PROXY", &*http).seen(ALICE),
        case("https_proxy").config(&*far).env("https_proxy", &*http).seen(ALICE),
        case("HTTPS_PROXY goes before https_proxy")
            .config(&*far)
            .env("HTTPS_PROXY", &*http)
            .env("https_proxy", "http://127.0.0.1:1")
            .seen(ALICE),
        case("HTTPS_PROXY without a scheme")
            .config(&*far)
            .env("HTTPS_PROXY", format!("127.0.0.1:{}", w.http))
            .seen(ALICE),
        case("HTTPS_PROXY with a login")
            .config(&*far)
            .env("HTTPS_PROXY", format!("http://{LOGIN}@127.0.0.1:{}", w.http_login))
            .seen(ALICE),
        case("HTTPS_PROXY, socks5h")
            .config(&*far)
            .env("HTTPS_PROXY", format!("socks5h://127.0.0.1:{}", w.socks))
            .seen(ALICE),
        case("HTTPS_PROXY, HTTPS")
            .config(&*far)
            .env("HTTPS_PROXY", format!("https://127.0.0.1:{}", w.https))
            .refused("proxy"),
        case("ALL_PROXY is nobody's").config(&*far).env("ALL_PROXY", &*http).refused("not known here"),
        case("HTTPS_PROXY is not for the loopback")
            .config(config(&w.at(w.a), &w.as_alice()))
            .env("HTTPS_PROXY", "http://127.0.0.1:1")
            .seen(ALICE),
        case("HTTPS_PROXY is not for localhost")
            .config(config(&w.at(w.a).replace("127.0.0.1", "localhost"), &w.as_alice()))
            .env("HTTPS_PROXY", "http://127.0.0.1:1")
            .seen(ALICE),
        case("NO_PROXY names the domain")
            .config(&*far)
            .env("HTTPS_PROXY", &*http)
            .env("NO_PROXY", "example.test")
            .refused("not known here"),
        case("NO_PROXY names what is below")
            .config(&*far)
            .env("HTTPS_PROXY", &*http)
            .env("no_proxy", "a.b, *.Example.test:6443")
            .refused("not known here"),
        case("NO_PROXY names another port")
            .config(&*far)
            .env("HTTPS_PROXY", &*http)
            .env("NO_PROXY", "example.test:443")
            .seen(ALICE),
        case("NO_PROXY names another domain")
            .config(&*far)
            .env("HTTPS_PROXY", &*http)
            .env("NO_PROXY", "ample.test,10.0.0.0/8")
            .seen(ALICE),
        case("NO_PROXY names everything")
            .config(&*far)
            .env("HTTPS_PROXY", &*http)
            .env("NO_PROXY", "*")
            .refused("not known here"),
        case("NO_PROXY names another network")
            .config(&*address)
            .env("HTTPS_PROXY", &*http)
            .env("NO_PROXY", "10.0.0.0/16,127.0.0.1")
            .seen(ALICE),
        case("HTTP_PROXY is not for TLS").config(&*far).env("HTTP_PROXY", &*http).refused("not known here"),
        case("HTTP_PROXY for plain HTTP")
            .config(config("server: \"http://far.example.test\"", ""))
            .env("HTTP_PROXY", format!("http://127.0.0.1:{}", w.to_plain))
            .seen("lab-admin"),
        case("HTTPS_PROXY is no address")
            .config(&*far)
            .env("HTTPS_PROXY", "http://")
            .refused("HTTPS_PROXY is no address"),
    ]
}

fn impersonation(w: &World) -> Vec<Case> {
    let of = |fields: &str| config(&w.at(w.a), &format!("token: {ADMIN}, {fields}"));
    let admin = of("");
    vec![
        case("as").config(of("as: eve")).seen("eve"),
        case("as with groups").config(of("as: eve, as-groups: [crew, 'a b']")).seen("a b"),
        case("as with a uid").config(of("as: eve, as-uid: '17'")).seen("17"),
        case("as with extras")
            .config(of("as: eve, as-user-extra: {example.com/Scope: [v, w], b: [z]}"))
            .seen("example.com/scope"),
        case("as somebody with umlauts").config(of("as: Jürgen, as-groups: [Prüfer]")).seen("J"),
        case("groups without a user").config(of("as-groups: [crew]")).refused("without a user"),
        case("a uid without a user").config(&*admin).args(&["--as-uid", "17"]).refused("without a user"),
        case("--as").config(&*admin).args(&["--as", "system:serviceaccount:default:bob"]).seen("default:bob"),
        case("--as with groups, a uid and extras")
            .config(&*admin)
            .args(&[
                "--as",
                "eve",
                "--as-group",
                "crew",
                "--as-group",
                "a,b",
                "--as-uid",
                "17",
                "--as-user-extra",
                "k=v",
                "--as-user-extra",
                "k=w=x",
            ])
            .seen("w=x"),
        case("--as goes before as, the groups stay")
            .config(of("as: eve, as-groups: [crew]"))
            .args(&["--as", "dan"])
            .seen("crew"),
        case("--as-group goes before as-groups")
            .config(of("as: eve, as-groups: [crew]"))
            .args(&["--as-group", "others"])
            .seen("others"),
        case("--as without a value is none").config(of("as: eve")).args(&["--as="]).seen("eve"),
        case("as by plain HTTP")
            .config(config(&format!("server: \"http://127.0.0.1:{}\"", w.plain), "as: eve"))
            .seen("eve"),
    ]
}
