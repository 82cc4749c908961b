"""A private Apache Kafka broker: one JVM, KRaft, free ports, its own directory."""
from __future__ import annotations

import os
import signal
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from harness.lifetime import tied
from harness.page_view_policy import REPOSITORY
from harness.ports import free_port
from harness.private_server import PrivateServer
from harness.waiting import wait_until

_SERVER_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={directory}/data
num.partitions=4
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.retention.hours=-1
num.network.threads=2
num.io.threads=2
"""

_LOG4J_PROPERTIES = """\
rootLogger.level=warn
rootLogger.appenderRef.stdout.ref=stdout
appender.stdout.type=Console
appender.stdout.name=stdout
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=%d %p %c: %m%n
"""

_JAVA = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]


def jars_directory() -> Path:
    return Path(os.environ.get("PV_KAFKA_LIBS", REPOSITORY / "build" / "deps" / "kafka"))


class KafkaBroker(PrivateServer):
    """`restart` after `kill` or `stop` finds the same ports and the same data."""

    name = "Kafka"

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(directory / "broker.log")
        self.directory = directory
        self._properties = directory / "server.properties"
        self._log4j = directory / "log4j2.properties"
        # One client for the broker's life: results are lost when their client is collected.
        self.admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        self._properties.write_text(
            _SERVER_PROPERTIES.format(port=self.port, controller=free_port(), directory=directory)
        )
        self._log4j.write_text(_LOG4J_PROPERTIES)
        self._format()

    def _java(self, main_class: str, *arguments: str) -> list[str]:
        log4j = f"-Dlog4j2.configurationFile={self._log4j}"
        return [*_JAVA, log4j, "-cp", f"{jars_directory()}/*", main_class, *arguments]

    def _format(self) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = self._java(
            "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", f"--config={self._properties}"
        )
        done = subprocess.run(tied(command), capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"Kafka's storage was not formatted:\n{done.stdout}{done.stderr}"

    def _command(self) -> list[str]:
        return self._java("kafka.Kafka", str(self._properties))

    def _answers(self) -> bool:
        try:
            return bool(self.admin.list_topics(timeout=1).brokers)
        except KafkaException:
            return False

    def create_topic(self, topic: str, partitions: int) -> None:
        self.admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(30)

    def delete_topic(self, topic: str) -> None:
        """And waits until the broker no longer lists it."""
        self.admin.delete_topics([topic])[topic].result(30)
        wait_until(lambda: topic not in self.admin.list_topics(timeout=10).topics, f"{topic} is deleted")

    def stop(self) -> None:
        self._end_with(signal.SIGTERM)

    def restart(self) -> None:
        if self._child is not None and self._child.is_running:
            self.stop()
        self.start()
