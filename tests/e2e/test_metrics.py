"""What the three programs say of themselves over HTTP while they work."""
from __future__ import annotations

import urllib.error
import urllib.request

from harness.pipeline import Pipeline
from harness.ports import answers, free_port
from harness.programs import PRODUCER, Program
from harness.waiting import wait_until
from harness.web_server import WebServer


def get(address: str, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metrics(address: str) -> dict[str, int]:
    status, text = get(address, "/metrics")
    assert status == 200
    return {name: int(value) for name, _, value in
            (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))}


def wait_ready(program: Program, address: str) -> None:
    wait_until(lambda: get(address, "/readyz")[0] == 200, f"{address} is ready", explain=program.describe)


def test_metrics_and_readiness_follow_the_work(pipeline: Pipeline) -> None:
    server = WebServer(pipeline.log)
    server.write_views(300)
    producer_at, aggregator_at, exporter_at = (f"127.0.0.1:{free_port()}" for _ in range(3))
    producer = pipeline.producer(metrics=producer_at)
    aggregator = pipeline.aggregator(metrics=aggregator_at)
    exporter = pipeline.exporter(interval="100ms", metrics=exporter_at)
    pipeline.wait_views_counted(300)
    for program, address in ((producer, producer_at), (aggregator, aggregator_at), (exporter, exporter_at)):
        assert get(address, "/healthz")[0] == 200
        wait_until(lambda: get(address, "/readyz")[0] == 200, f"{address} is ready", explain=program.describe)

    shipped, counted = metrics(producer_at), metrics(aggregator_at)
    filtered = sum(value for name, value in shipped.items() if name.startswith("pv_producer_filtered_total"))
    assert shipped["pv_producer_views_total"] == 300
    assert shipped["pv_producer_hits_total"] == 300 + filtered
    assert counted["pv_aggregator_views_total"] == 300
    assert counted["pv_aggregator_partitions"] == 4
    wait_until(lambda: metrics(aggregator_at)["pv_aggregator_lag"] == 0, "no lag", explain=aggregator.describe)
    wait_until(lambda: metrics(aggregator_at)["pv_ranker_last_ranking_milliseconds"] > 0, "a ranking",
               explain=aggregator.describe)

    pipeline.server.kill()
    wait_until(lambda: get(aggregator_at, "/readyz")[0] == 503, "not ready without Redis", explain=aggregator.describe)
    pipeline.server.start()
    wait_ready(aggregator, aggregator_at)
    for program in (producer, aggregator, exporter):
        program.stop()
    server.close()


def test_aggregator_in_reserve_is_ready(pipeline: Pipeline) -> None:
    pipeline.topic += "-of-one-partition"
    pipeline.broker.create_topic(pipeline.topic, 1)
    addresses = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    programs = [pipeline.aggregator(metrics=address) for address in addresses]
    for address, program in zip(addresses, programs):
        program.wait_text("event=assigned ")
        wait_ready(program, address)
    wait_until(lambda: sorted(metrics(at)["pv_aggregator_partitions"] for at in addresses) == [0, 1],
               "one has the partition", explain=pipeline.describe)
    assert [get(at, "/readyz")[0] for at in addresses] == [200, 200]
    for program in programs:
        program.stop()


def test_producer_that_only_receives_is_ready_and_says_nothing_of_kafka(pipeline: Pipeline) -> None:
    address = f"127.0.0.1:{free_port()}"
    producer = pipeline.run(PRODUCER, {
        "spool": pipeline.directory / "spool", "http": f"127.0.0.1:{free_port()}", "ship": "off",
        "state_dir": pipeline.directory / "state", "metrics": address,
    })
    wait_until(lambda: answers(int(address.rpartition(":")[2])), "metrics", explain=producer.describe)
    wait_ready(producer, address)
    assert "pv_producer_kafka_up" not in metrics(address)
    producer.stop()
