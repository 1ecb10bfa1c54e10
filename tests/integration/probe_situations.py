"""What blackbox_parity_test.py looks at: servers on loopback, and a table of situations, each a target and a module.

Knows nothing of who looks.
"""
import collections
import socket
import ssl

import certificates
import probe_names
import probe_sites
import support

Situation = collections.namedtuple("Situation", "target module hostname", defaults=("",))


class World:
    """Every server there is to look at, and the files that the modules name."""

    def __init__(self, d):
        self.d = d
        (d / "password").write_text("s3cret\n")
        (d / "bearer").write_text("t0ken\n")
        for secret in ("password", "bearer"):
            (d / secret).chmod(0o600)
        self.make_certificates(d / "ca")
        self.http, self.http6 = probe_sites.Http(), probe_sites.Http(family=socket.AF_INET6)
        self.old, self.proxy = probe_sites.Http(probe_sites.OldPage), probe_sites.Http(probe_sites.TunnelPage)
        self.https = {name: probe_sites.Http(context=context) for name, context in self.contexts.items()}
        self.http.elsewhere = self.https["good"].url + "/ok"
        self.https["good"].elsewhere = self.http.url + "/ok"
        self.nginx = self.start_nginx()
        good = self.contexts["good"]
        talks = {"ssh": probe_sites.ssh, "irc": probe_sites.irc, "silent": probe_sites.silent, "rude": probe_sites.rude,
                 "unended": probe_sites.unended, "smtp": probe_sites.smtp(self.contexts["mail"]),
                 "plain_smtp": probe_sites.smtp(None)}
        self.talks = {name: probe_sites.Talk(talk) for name, talk in talks.items()}
        self.talks["pop3s"] = probe_sites.Talk(probe_sites.pop3, good)
        self.names = probe_names.Names(good)
        self.closed = f"127.0.0.1:{support.free_port()}"

    def make_certificates(self, d):
        """ca.pem is trusted; deep.pem is signed by another authority below it; client.pem is for who asks."""
        root = certificates.Authority(d)
        below = certificates.Authority(d / "below", "/CN=Test Authority Below", root)
        here = "DNS:localhost,DNS:mirror.example.org,IP:127.0.0.1,IP:::1"
        day, now = certificates.DAY, certificates.NOW
        made = {"good": root.certify("good", here),
                "expired": root.certify("expired", here, not_before=now - 9 * day, not_after=now - day),
                "early": root.certify("early", here, not_before=now + day),
                "misnamed": root.certify("misnamed", "DNS:other.example.org"),
                "selfsigned": root.certify("selfsigned", here, itself=True),
                "mail": root.certify("mail", "DNS:mail.example.org"),
                "deep": below.certify("deep", here, not_after=now + 60 * day)}
        root.certify("client", "DNS:client.example.org")
        with open(made["deep"][0], "a") as chain:
            chain.write(below.pem.read_text())
        self.contexts = {name: probe_sites.tls(*pair) for name, pair in made.items()}
        self.contexts["old"] = probe_sites.tls(*made["good"], newest=ssl.TLSVersion.TLSv1_2)
        self.contexts["mutual"] = probe_sites.tls(*made["good"], authority=root.pem)
        self.files = made

    def start_nginx(self):
        """For HTTP/2, which the library's server does not speak."""
        port, (certificate, key) = support.free_port(), self.files["good"]
        temporary = "".join(f"{kind}_temp_path {self.d}/{kind};\n" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.d / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {self.d}/nginx.pid; error_log stderr;\nevents {{}}\n"
            f"http {{ access_log off;\n{temporary}server {{ listen 127.0.0.1:{port} ssl http2; ssl_certificate "
            f'{certificate}; ssl_certificate_key {key}; return 200 "hello mirror\\n"; }}\n}}\n')
        nginx = support.start(["/usr/sbin/nginx", "-p", self.d, "-c", self.d / "nginx.conf", "-e", "stderr"],
                              self.d / "nginx.log")

        def up():
            assert nginx.poll() is None, (self.d / "nginx.log").read_text()
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        support.eventually("nginx listens", up, 10)
        return f"https://127.0.0.1:{port}"

    def modules(self):
        """The YAML of the modules, with this world's places in it."""
        text = (support.SOURCE / "tests/integration/blackbox/modules.yml").read_text()
        places = {"{d}": str(self.d), "{proxy}": self.proxy.url, "{refused}": f"http://{self.closed}"}
        for name, place in places.items():
            text = text.replace(name, place)
        return text

    def situations(self):
        """name: Situation"""
        return {**self.http_situations(), **self.https_situations(), **self.tcp_situations(), **self.dns_situations(),
                "icmp_v4": Situation("127.0.0.1", "icmp"), "icmp_v6": Situation("::1", "icmp"),
                "icmp_options": Situation("127.0.0.1", "icmp_v4")}

    def http_situations(self):
        at = self.http.url
        paged = {"plain": ("/ok", "http_2xx"), "not_found": ("/nothing", "http_2xx"), "wanted_404": ("/nothing", "http_404"),
                 "unwanted_200": ("/ok", "http_404"), "server_error": ("/status/503", "http_2xx"),
                 "no_content": ("/status/204", "http_2xx"), "post": ("/post-only", "http_post"), "head": ("/ok", "http_head"),
                 "redirects": ("/redirect/3", "http_2xx"), "ten_redirects": ("/redirect/10", "http_2xx"),
                 "redirect_loop": ("/loop", "http_2xx"), "redirect_not_followed": ("/redirect/2", "http_stay"),
                 "redirect_to_https": ("/away", "https"), "redirect_to_untrusted": ("/away", "http_2xx"),
                 "redirect_to_https_is_wanted": ("/away", "http_not_ssl"), "cookie_kept": ("/cookie", "http_2xx"),
                 "body_matches": ("/ok", "http_hello"),
                 "body_matches_not": ("/json", "http_hello"), "body_forbidden": ("/ok", "http_no_mirror"),
                 "body_not_forbidden": ("/json", "http_no_mirror"), "header_matches": ("/ok", "http_text"),
                 "header_matches_not": ("/json", "http_text"), "header_forbidden": ("/ok", "http_no_text"),
                 "header_missing": ("/ok", "http_wants_etag"), "header_may_be_missing": ("/ok", "http_maybe_etag"),
                 "header_forbidden_and_missing": ("/ok", "http_refuses_missing"),
                 "basic_auth": ("/basic", "http_basic"), "basic_auth_wrong": ("/basic", "http_wrong_basic"),
                 "basic_auth_absent": ("/basic", "http_2xx"), "bearer": ("/bearer", "http_bearer"),
                 "gzip": ("/gzip", "http_gzip"), "gzip_without_asking": ("/gzip", "http_gzip_only"),
                 "gzip_not_understood": ("/always-gzip", "http_hello"), "gzip_broken": ("/not-gzip", "http_gzip"),
                 "gzip_plain": ("/ok", "http_gzip"), "too_large": ("/large", "http_limit"),
                 "large": ("/large", "http_large_limit"), "chunked": ("/chunked", "http_hello"),
                 "cut_short": ("/short", "http_2xx"), "slow": ("/slow", "http_quick"),
                 "slow_body": ("/slow-body", "http_quick"), "last_modified": ("/modified/good", "http_2xx"),
                 "last_modified_bad": ("/modified/bad", "http_2xx"), "host_of_module": ("/host/mirror.example.org", "http_host"),
                 "user_agent_of_module": ("/agent", "http_host"), "version_wrong": ("/ok", "http_old"),
                 "version_right": ("/ok", "http_new"), "ssl_missing": ("/ok", "http_not_ssl"),
                 "proxy": ("/ok", "http_via_proxy"), "proxy_dead": ("/ok", "http_via_dead_proxy")}
        table = {"http_" + name: Situation(at + path, module) for name, (path, module) in paged.items()}
        bare = at.removeprefix("http://")
        table |= {"http_without_scheme": Situation(bare + "/ok", "http_2xx"),
                  "http_hostname": Situation(at + "/host/ftp.example.org", "http_2xx", "ftp.example.org"),
                  "http_hostname_wrong": Situation(at + "/host/ftp.example.org", "http_2xx", "http.example.org"),
                  "http_by_name": Situation(f"http://localhost:{self.http.port}/ok", "http_2xx"),
                  "http_v6": Situation(self.http6.url + "/ok", "http_v6"),
                  "http_v6_wanted_of_v4": Situation(at + "/ok", "http_v6"),
                  "http_1_0": Situation(self.old.url + "/ok", "http_old"),
                  "http_refused": Situation(f"http://{self.closed}/", "http_2xx"),
                  "http_no_answer": Situation(f"http://{self.talks['silent'].address}/", "http_quick"),
                  "http_no_http": Situation(f"http://{self.talks['rude'].address}/", "http_2xx"),
                  "http_at_tls": Situation(f"http://127.0.0.1:{self.https['good'].port}/ok", "http_2xx"),
                  "http_bad_name": Situation("http://a..b/", "http_2xx")}
        return table

    def https_situations(self):
        table = {"https_" + name: Situation(self.https[name].url + "/ok", module) for name, module in {
            "good": "https", "expired": "https", "early": "https", "misnamed": "https", "selfsigned": "https", "deep": "https",
            "old": "https", "mutual": "https_client"}.items()}
        good = self.https["good"].url
        table |= {"https_untrusted": Situation(good + "/ok", "http_2xx"),
                  "https_not_verified": Situation(self.https["selfsigned"].url + "/ok", "https_any"),
                  "https_expired_not_verified": Situation(self.https["expired"].url + "/ok", "https_any"),
                  "https_other_name": Situation(self.https["misnamed"].url + "/ok", "https_named"),
                  "https_hostname": Situation(self.https["misnamed"].url + "/ok", "https", "other.example.org"),
                  "https_by_name": Situation(f"https://localhost:{self.https['good'].port}/ok", "https"),
                  "https_at_most_1_2": Situation(good + "/ok", "https_max12"),
                  "https_at_least_1_3": Situation(good + "/ok", "https_min13"),
                  "https_too_old": Situation(self.https["old"].url + "/ok", "https_min13"),
                  "https_mutual_without": Situation(self.https["mutual"].url + "/ok", "https_1"),
                  "https_http2": Situation(self.nginx + "/", "https"),
                  "https_http2_off": Situation(self.nginx + "/", "https_1"),
                  "https_ssl_unwanted": Situation(good + "/ok", "https_refused"),
                  "https_body_matches_not": Situation(good + "/ok", "https_hello"),
                  "https_not_found": Situation(good + "/nothing", "https"),
                  "https_redirect_to_http": Situation(good + "/away", "https"),
                  "https_at_plain": Situation(f"https://127.0.0.1:{self.http.port}/ok", "https"),
                  "https_refused": Situation(f"https://{self.closed}/", "https"),
                  "https_proxy": Situation(good + "/ok", "http_via_proxy")}
        return table

    def tcp_situations(self):
        at = {name: talk.address for name, talk in self.talks.items()}
        rows = {"connect": (at["silent"], "tcp_connect"), "refused": (self.closed, "tcp_connect"),
                "by_name": (f"localhost:{self.talks['ssh'].port}", "tcp_connect"), "no_port": ("127.0.0.1", "tcp_connect"),
                "v6": (f"[::1]:{self.http6.port}", "tcp_v6"), "v6_wanted_of_v4": (at["ssh"], "tcp_v6"),
                "bad_name": ("a..b:80", "tcp_connect"),
                "ssh": (at["ssh"], "tcp_ssh"), "irc": (at["irc"], "tcp_irc"), "expects_in_vain": (at["ssh"], "tcp_wants_welcome"),
                "silent": (at["silent"], "tcp_wants_welcome"), "hangs_up": (at["rude"], "tcp_wants_welcome"),
                "unended_line": (at["unended"], "tcp_wants_welcome"), "source_address": (at["ssh"], "tcp_from"),
                "tls": (at["pop3s"], "tcp_pop3"), "tls_by_name": (f"localhost:{self.talks['pop3s'].port}", "tcp_pop3"),
                "tls_untrusted": (at["pop3s"], "tcp_pop3_untrusting"), "tls_not_verified": (at["pop3s"], "tcp_pop3_any"),
                "tls_at_plain": (at["ssh"], "tcp_pop3"), "starttls": (at["smtp"], "tcp_starttls"),
                "starttls_misnamed": (at["smtp"], "tcp_starttls_named"), "starttls_refused": (at["plain_smtp"], "tcp_starttls")}
        table = {"tcp_" + name: Situation(*row) for name, row in rows.items()}
        return table | {"tcp_tls_hostname": Situation(at["pop3s"], "tcp_pop3", "mirror.example.org"),
                        "tcp_tls_hostname_wrong": Situation(at["pop3s"], "tcp_pop3", "wrong.example.org")}

    def dns_situations(self):
        modules = ["a", "aaaa", "soa", "ns", "mx", "txt", "srv", "alias", "any", "empty", "gone", "gone_is_well", "broken",
                   "refused", "silent", "garbage", "wrong_id", "tcp", "many", "many_tcp", "no_recursion", "recursion",
                   "answer_matches", "answer_all_match", "answer_not_all_match", "answer_not_matches",
                   "answer_none_matches", "authority", "additional_matches"]
        table = {f"dns_{name}": Situation(self.names.address, f"dns_{name}") for name in modules}
        return table | {"dns_over_tls": Situation(self.names.tls_address, "dns_over_tls"),
                        "dns_over_tls_untrusted": Situation(self.names.tls_address, "dns_over_tls_untrusting"),
                        "dns_nobody": Situation(self.closed, "dns_a"), "dns_nobody_tcp": Situation(self.closed, "dns_tcp"),
                        "dns_by_name": Situation(f"localhost:{self.names.port}", "dns_a")}
