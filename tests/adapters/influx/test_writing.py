"""The InfluxDB sinks over a real wire: what they send, and what they make of the answers."""

import gzip
import json
import shlex
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.adapters.influx.v1 import InfluxV1
from ha_bridge.adapters.influx.v2 import InfluxV2
from ha_bridge.domain.failures import Refused, Rejected, TooLarge, Unavailable
from ha_bridge.domain.points import Point, Series
from ha_bridge.domain.ports import Sink
from tests.http_double import HttpDouble, Reply, free_port, http_double
from tests.waiting import wait_for

KITCHEN = Series("sensor", {"entity_id": "kitchen", "unit": "°C"})
POINTS = [
    Point(KITCHEN, {"value": 21.5}, 1),
    Point(KITCHEN, {"value": 22.0}, 2),
    Point(KITCHEN, {"value": 23.0}, 3),
]
LINES = "sensor,entity_id=kitchen,unit=°C value=21.5 1000\nsensor,entity_id=kitchen,unit=°C value=22 2000\nsensor,entity_id=kitchen,unit=°C value=23 3000".encode()

Maker = Callable[[InfluxServer], Sink]


def v1(server: InfluxServer) -> Sink:
    return InfluxV1(server, database="home")


def v2(server: InfluxServer) -> Sink:
    return InfluxV2(server, bucket="home", org="us & them")


both = pytest.mark.parametrize("maker", [v1, v2])


@pytest.fixture
def double() -> Iterator[HttpDouble]:
    with http_double() as double:
        yield double


def server(
    url: str,
    *,
    token: str = "",
    username: str = "",
    password: str = "",
    ca_file: str = "",
    verify_tls: bool = True,
    gzip: bool = True,
    timeout: float = 5.0,
) -> InfluxServer:
    return InfluxServer(
        name="main",
        url=url,
        token=token,
        username=username,
        password=password,
        ca_file=ca_file,
        verify_tls=verify_tls,
        gzip=gzip,
        timeout=timeout,
    )


def test_v1_writes_nanoseconds_to_its_database(double: HttpDouble) -> None:
    sink = InfluxV1(
        server(double.url, username="writer", password="pä:ss"),
        database="home & garden",
        retention_policy="year",
    )
    sink.deliver(sink.encode(POINTS))
    [request] = double.requests
    assert (request.method, request.path) == ("POST", "/write")
    assert request.query == {"db": "home & garden", "precision": "ns", "rp": "year"}
    assert request.headers["authorization"] == "Basic d3JpdGVyOnDDpDpzcw=="
    assert request.headers["content-encoding"] == "gzip"
    assert request.text() == LINES


def test_v2_writes_nanoseconds_to_its_bucket(double: HttpDouble) -> None:
    sink = InfluxV2(server(double.url, token="tök=="), bucket="home/year", org="us & them")
    sink.deliver(sink.encode(POINTS))
    [request] = double.requests
    assert (request.method, request.path) == ("POST", "/api/v2/write")
    assert request.query == {"org": "us & them", "bucket": "home/year", "precision": "ns"}
    assert request.headers["authorization"].encode("latin-1").decode() == "Token tök=="
    assert request.headers["content-encoding"] == "gzip"
    assert request.headers["content-type"] == "text/plain"
    assert request.text() == LINES


def test_v2_with_a_login_and_no_org_is_understood_by_1_8_and_victoriametrics(double: HttpDouble) -> None:
    InfluxV2(server(double.url, username="u", password="p"), bucket="home").deliver(LINES)
    [request] = double.requests
    assert request.query == {"org": "", "bucket": "home", "precision": "ns"}
    assert request.headers["authorization"] == "Basic dTpw"


@both
def test_without_credentials_none_are_sent(double: HttpDouble, maker: Maker) -> None:
    maker(server(double.url)).deliver(LINES)
    assert "authorization" not in double.requests[0].headers


@both
def test_without_gzip_the_lines_go_as_they_are(double: HttpDouble, maker: Maker) -> None:
    maker(server(double.url, gzip=False)).deliver(LINES)
    assert "content-encoding" not in double.requests[0].headers
    assert double.requests[0].body == LINES


@both
def test_the_path_of_a_reverse_proxy_is_kept(double: HttpDouble, maker: Maker) -> None:
    maker(server(double.url + "/influx/")).deliver(LINES)
    assert double.requests[0].path in {"/influx/write", "/influx/api/v2/write"}


@both
def test_a_retry_is_the_same_to_the_byte_over_the_same_connection(double: HttpDouble, maker: Maker) -> None:
    double.replies.extend([Reply(503), Reply(204)])
    sink = maker(server(double.url))
    payload = sink.encode(POINTS)
    with pytest.raises(Unavailable):
        sink.deliver(payload)
    sink.deliver(payload)
    first, second = double.requests
    assert first == second
    assert first.body == gzip.compress(LINES, 1, mtime=0)
    assert double.connections == 1


@both
def test_a_payload_is_cut_between_two_lines(maker: Maker) -> None:
    sink = maker(server("http://nowhere"))
    lines = LINES.split(b"\n")
    assert sink.encode(POINTS) == LINES
    assert sink.split(LINES, 1) == (lines[0], b"\n".join(lines[1:]))
    assert sink.split(LINES, 3) == (LINES, b"")


@both
def test_a_point_that_has_no_line_is_not_passed_over_in_silence(maker: Maker) -> None:
    sink = maker(server("http://nowhere"))
    with pytest.raises(ValueError, match="finite"):
        sink.encode([*POINTS, Point(KITCHEN, {"value": float("nan")}, 4)])
    assert sink.encode([]) == b""


@both
def test_rejected_lines_are_named_and_the_server_is_quoted(double: HttpDouble, maker: Maker) -> None:
    body = {"error": "unable to parse 'm v= 2': missing field value", "message": ""}
    double.replies.append(Reply(400, json.dumps(body).encode()))
    with pytest.raises(Rejected, match=r"^unable to parse 'm v= 2': missing field value$") as caught:
        maker(server(double.url)).deliver(b"m v=1 1\nm v= 2")
    assert caught.value.lines == (1,)


@both
@pytest.mark.parametrize(
    ("reply", "expected", "said"),
    [
        (
            Reply(401, b'{"message": "unauthorized access"}'),
            Refused,
            r"unauthorized access: check sinks\.main\.token",
        ),
        (Reply(413), TooLarge, "413"),
        (Reply(400, b"\xe9\xff no UTF-8", {"Content-Type": "text/plain"}), Rejected, "no UTF-8"),
        (Reply(404), Refused, "it has no /"),
        (
            Reply(200, b"<html><title>Router</title>"),
            Refused,
            r'a web page, "Router": check sinks\.main\.url',
        ),
        (Reply(308, b"", {"Location": "https://influx/"}), Refused, "redirects to https://influx/"),
        (Reply(drop=True), Unavailable, "closed connection|broke off|Connection"),
        (
            Reply(500, b"short", {"Content-Length": "50"}),
            Unavailable,
            r"IncompleteRead|broke|timed out|no answer",
        ),
    ],
)
def test_answers_become_decisions(
    double: HttpDouble, maker: Maker, reply: Reply, expected: type[Exception], said: str
) -> None:
    double.replies.append(reply)
    sink = maker(server(double.url, timeout=0.5))
    with pytest.raises(expected, match=said):
        sink.deliver(LINES)
    sink.deliver(LINES)
    assert len(double.requests) == 2


@both
def test_the_wish_to_wait_is_passed_on(double: HttpDouble, maker: Maker) -> None:
    double.replies.append(Reply(429, b"", {"Retry-After": "17"}))
    with pytest.raises(Unavailable) as caught:
        maker(server(double.url)).deliver(LINES)
    assert caught.value.retry_after == 17


@both
def test_an_answer_that_does_not_come_is_waited_for_only_so_long(double: HttpDouble, maker: Maker) -> None:
    double.replies.append(Reply(hold=True))
    with pytest.raises(Unavailable, match=r"no answer within 0\.2 s"):
        maker(server(double.url, timeout=0.2)).deliver(LINES)
    wait_for(lambda: double.requests, what="the request, which a busy double reads late")
    assert double.requests[0].text() == LINES


@both
def test_a_port_where_nobody_listens_is_unavailable(maker: Maker) -> None:
    with pytest.raises(Unavailable, match=r"^http://127\.0\.0\.1:\d+: Connection refused$"):
        maker(server(f"http://127.0.0.1:{free_port()}")).deliver(LINES)


@both
def test_a_name_that_does_not_resolve_is_unavailable(maker: Maker) -> None:
    with pytest.raises(Unavailable, match=r"its name cannot be resolved; check sinks\.main\.url"):
        maker(server("http://influx.invalid:8086")).deliver(LINES)


@both
@pytest.mark.parametrize("url", ["ftp://influx", "http://influx:99999"])
def test_what_is_no_url_of_a_server_is_refused(maker: Maker, url: str) -> None:
    with pytest.raises(Refused, match=r"is not a URL of a server: check sinks\.main\.url"):
        maker(server(url)).deliver(LINES)


@both
def test_a_sink_that_was_closed_opens_again_in_another_thread(double: HttpDouble, maker: Maker) -> None:
    sink = maker(server(double.url))
    sink.close()
    sink.deliver(LINES)
    sink.close()
    thread = threading.Thread(target=sink.deliver, args=(LINES,))
    thread.start()
    thread.join()
    wait_for(lambda: len(double.requests) == 2)
    sink.close()


@both
def test_an_answer_without_end_is_cut_short(double: HttpDouble, maker: Maker) -> None:
    double.replies.append(Reply(400, b"unable to parse " + b"x" * 5_000_000))
    sink = maker(server(double.url))
    with pytest.raises(Rejected) as caught:
        sink.deliver(LINES)
    assert len(str(caught.value)) == 500
    sink.deliver(LINES)


class Certificate:
    """A self-signed certificate for `name`, of use as its own CA."""

    def __init__(self, folder: Path, name: str) -> None:
        self.file, key = folder / "certificate.pem", folder / "key.pem"
        made = shlex.split(
            "openssl req -x509 -noenc -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 2 -subj /CN=test"
        )
        # Python 3.13 refuses a CA that does not say it may sign.
        uses = [f"subjectAltName={name}", "keyUsage=critical,digitalSignature,keyCertSign"]
        extensions = [part for use in uses for part in ("-addext", use)]
        subprocess.run(
            [*made, *extensions, "-out", self.file, "-keyout", key], check=True, capture_output=True
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.file, key)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("ours"), "IP:127.0.0.1")


@both
def test_a_private_ca_is_trusted_when_it_is_named(ours: Certificate, maker: Maker) -> None:
    with http_double(ours.context) as double:
        with pytest.raises(
            Unavailable,
            match=r"its certificate is not trusted; name its CA in sinks\.main\.ca_file \(.*self.signed certificate\)",
        ):
            maker(server(double.url)).deliver(LINES)
        maker(server(double.url, ca_file=str(ours.file))).deliver(LINES)
        assert len(double.requests) == 1


@both
@pytest.mark.filterwarnings("error")
def test_certificates_may_go_unchecked(ours: Certificate, maker: Maker) -> None:
    with http_double(ours.context) as double:
        maker(server(double.url, verify_tls=False)).deliver(LINES)
        assert double.requests[0].text() == LINES


@both
def test_a_certificate_for_another_name_says_so(tmp_path: Path, maker: Maker) -> None:
    other = Certificate(tmp_path, "DNS:elsewhere")
    with (
        http_double(other.context) as double,
        pytest.raises(Unavailable, match=r"is for another name; check sinks\.main\.url"),
    ):
        maker(server(double.url, ca_file=str(other.file))).deliver(LINES)


@both
def test_a_server_without_tls_says_so(double: HttpDouble, maker: Maker) -> None:
    with pytest.raises(Unavailable, match="does not speak TLS; try http://"):
        maker(server(double.url.replace("http:", "https:"))).deliver(LINES)


@both
def test_a_ca_file_that_is_missing_is_named(ours: Certificate, maker: Maker) -> None:
    with (
        http_double(ours.context) as double,
        pytest.raises(Unavailable, match=r"cannot read /no/ca\.pem; check sinks\.main\.ca_file"),
    ):
        maker(server(double.url, ca_file="/no/ca.pem")).deliver(LINES)


@both
def test_plain_http_to_a_tls_server_is_unavailable(ours: Certificate, maker: Maker) -> None:
    with http_double(ours.context) as double, pytest.raises(Unavailable):
        maker(server(double.url.replace("https:", "http:"))).deliver(LINES)
