"""What people have for blackbox_exporter goes on working: the scrape job in README, run by a real Prometheus against the
agent, brings the series that public dashboards and alert rules ask for. Each query must find something.
"""
import json
import pathlib
import re
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import certificates  # noqa: E402
import probe_names  # noqa: E402
import probe_sites  # noqa: E402
import support  # noqa: E402

# Module: queries, with $instance and $job where a dashboard has its variables. Those of grafana.com's dashboards 5345,
# 7587, 9719, 9965, 13659 and 14928, of the blackbox-exporter mixin and of collections of alert rules, each kind once.
QUERIES = {
    "https": [
        'probe_success{instance=~"$instance"}',
        'probe_success{job="$job"} == bool 1',
        'count(probe_success{job="$job"} == 1)',
        'min(avg_over_time(probe_success{instance=~"$instance"}[1h]))',
        'sum by (instance) (probe_success{job="$job"})',
        'probe_duration_seconds{instance=~"$instance"}',
        'avg(probe_duration_seconds{instance=~"$instance"})',
        'avg_over_time(probe_duration_seconds{instance=~"$instance"}[1h])',
        'avg(probe_dns_lookup_time_seconds{instance=~"$instance"})',
        'probe_ip_protocol{instance=~"$instance"}',
        'changes(probe_ip_addr_hash{instance=~"$instance"}[1h])',
        'probe_http_status_code{instance=~"$instance"}',
        'probe_http_status_code{job="$job"} <= 399 and probe_http_status_code{job="$job"} >= 200',
        'probe_http_version{instance=~"$instance"}',
        'probe_http_ssl{instance=~"$instance"} == 1',
        'probe_http_redirects{instance=~"$instance"}',
        'probe_http_content_length{instance=~"$instance"}',
        'probe_http_uncompressed_body_length{instance=~"$instance"}',
        'probe_http_last_modified_timestamp_seconds{instance=~"$instance"}',
        'probe_failed_due_to_regex{instance=~"$instance"} == 0',
        'probe_http_duration_seconds{instance=~"$instance"}',
        'probe_http_duration_seconds{phase="resolve",instance=~"$instance"}',
        'probe_http_duration_seconds{phase="connect",instance=~"$instance"}',
        'probe_http_duration_seconds{phase="tls",instance=~"$instance"}',
        'probe_http_duration_seconds{phase="processing",instance=~"$instance"}',
        'probe_http_duration_seconds{phase="transfer",instance=~"$instance"}',
        'sum(probe_http_duration_seconds{instance=~"$instance"}) by (instance)',
        'avg_over_time(probe_http_duration_seconds{job="$job"}[1h])',
        'probe_ssl_earliest_cert_expiry{instance=~"$instance"} - time()',
        '(probe_ssl_earliest_cert_expiry{job="$job"} - time()) / 86400 > 0',
        'min(probe_ssl_earliest_cert_expiry{job="$job"}) by (instance)',
        'probe_ssl_last_chain_expiry_timestamp_seconds{instance=~"$instance"} - time()',
        'probe_ssl_last_chain_info{instance=~"$instance",fingerprint_sha256=~".+",subject=~"CN=.+",issuer=~"CN=.+",'
        'subjectalternative=~".+"}',
        'probe_tls_version_info{instance=~"$instance",version=~"TLS 1.+"}',
    ],
    "tcp_connect": ['probe_success{job="$job"}', 'probe_duration_seconds{job="$job"}',
                    'probe_dns_lookup_time_seconds{job="$job"}', 'probe_failed_due_to_regex{job="$job"}'],
    "dns_soa": ['probe_dns_duration_seconds{phase="request",job="$job"}', 'sum(probe_dns_duration_seconds{job="$job"})',
                'probe_dns_answer_rrs{job="$job"}', 'probe_dns_authority_rrs{job="$job"}',
                'probe_dns_additional_rrs{job="$job"}', 'probe_dns_query_succeeded{job="$job"}',
                'probe_dns_serial{job="$job"}'],
    "icmp": ['probe_icmp_duration_seconds{phase="rtt",job="$job"}', 'avg_over_time(probe_icmp_duration_seconds{job="$job"}[1h])',
             'sum by (phase) (probe_icmp_duration_seconds{job="$job"})', 'probe_icmp_reply_hop_limit{job="$job"}'],
}

MODULES = """
[probe]
allow = ["127.0.0.0/8"]

[[module]]
name   = "https"
prober = "http"
[module.http.tls_config]
ca_file = "{d}/ca/ca.pem"

[[module]]
name   = "tcp_connect"
prober = "tcp"

[[module]]
name   = "dns_soa"
prober = "dns"
[module.dns]
query_name = "example.org"
query_type = "SOA"

[[module]]
name   = "icmp"
prober = "icmp"
"""


def job_of_readme():
    """The block of README that has the scrape job."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", (support.SOURCE / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    jobs = [b for b in blocks if "metrics_path: /probe" in b and "static_configs" in b]
    assert len(jobs) == 1, f"README has {len(jobs)} scrape jobs for targets of /probe"
    return jobs[0]


def replaced(text, pattern, what):
    assert len(re.findall(pattern, text)) == 1, (pattern, text)
    return re.sub(pattern, lambda _: what, text)


def configuration(targets, agent_port):
    """README's job, once for each module, with targets and a port of this test."""
    head, job = job_of_readme().split("scrape_configs:\n")
    out = head + "global: {scrape_interval: 3s, scrape_timeout: 3s}\nscrape_configs:\n"
    for module, target in targets.items():
        each = replaced(job, r"job_name: .*", f"job_name: {module}")
        each = replaced(each, r"module: \[.*\]", f"module: [{module}]")
        each = replaced(each, r"(?s)targets:.*?(?=  relabel_configs)", f"targets: ['{target}']\n")
        out += replaced(each, r"127\.0\.0\.1:19791", f"127.0.0.1:{agent_port}")
    return out


def query(prometheus, text, when=None):
    parameters = {"query": text} | ({"time": when} if when else {})
    reply = json.loads(support.get(f"{prometheus}/api/v1/query?{urllib.parse.urlencode(parameters)}"))
    assert reply["status"] == "success", reply
    return reply["data"]["result"]


def start_prometheus(d, config):
    """Its URL, and a moment at which every probe was well: what comes after that may be slow."""
    (d / "prometheus.yml").write_text(config)
    port = support.free_port()
    support.start(["prometheus", f"--config.file={d}/prometheus.yml", f"--storage.tsdb.path={d}/tsdb",
                   f"--web.listen-address=127.0.0.1:{port}"], d / "prometheus.log")
    url = f"http://127.0.0.1:{port}"

    def scraped():
        try:
            up = query(url, "probe_success == 1")
            return len(up) == len(QUERIES) and up[0]["value"][0]
        except OSError:
            return False

    when = support.eventually(lambda: "every probe is well in Prometheus:\n" + (d / "prometheus.log").read_text()[-3000:], scraped, 60)
    return url, when


class DatedPage(probe_sites.Page):
    def page_ok(self, _rest, _body):
        self.reply(Last_Modified=probe_sites.DATE)


def main():
    support.need("prometheus", "openssl")
    d = support.scratch()
    pair = certificates.Authority(d / "ca").certify("good", "DNS:mirror.example.org,IP:127.0.0.1")
    site, names = probe_sites.Http(DatedPage, probe_sites.tls(*pair)), probe_names.Names()
    targets = {"https": site.url + "/ok", "tcp_connect": f"127.0.0.1:{site.port}", "dns_soa": names.address, "icmp": "127.0.0.1"}
    (d / "agent.toml").write_text(MODULES.replace("{d}", str(d)))
    agent = support.Agent(d / "agent.toml", d)
    prometheus, when = start_prometheus(d, configuration(targets, agent.port))
    up = query(prometheus, "probe_success == 1", when)
    assert {r["metric"]["instance"] for r in up} == set(targets.values()), up
    asked, empty = 0, []
    for module, queries in QUERIES.items():
        for text in queries:
            asked += 1
            if not query(prometheus, text.replace("$instance", re.escape(targets[module]).replace("\\", "\\\\")).replace("$job", module), when):
                empty.append(text)
    assert not empty, "these find nothing:\n" + "\n".join(empty)
    assert not query(prometheus, 'probe_no_such_thing{job="https"}', when)
    agent.stop()
    print(asked, "queries find their series in Prometheus")


support.run(main, 110)
