"""Kafka seen from outside, by confluent-kafka."""

import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from support.waiting import wait_for

TIMEOUT_S = 15
COORDINATOR_MOVES = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)
LEADERLESS = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_TOPIC_OR_PART)


class Kafka:
    def __init__(self, brokers):
        self.brokers = brokers
        self.admin = AdminClient({"bootstrap.servers": brokers, "log_level": 2})

    def create_topic(self, topic, partitions=4, **config):
        config = {name.replace("_", "."): str(value) for name, value in config.items()}
        new = NewTopic(topic, partitions, 1, config=config)
        self.admin.create_topics([new], operation_timeout=TIMEOUT_S)[topic].result(TIMEOUT_S)

    def delete_topics(self, *topics):
        for future in self.admin.delete_topics(list(topics), operation_timeout=TIMEOUT_S).values():
            try:
                future.result(TIMEOUT_S)
            except KafkaException:
                pass  # it was never created

    def delete_records(self, topic):
        """All that is in it now; offsets go on."""
        ends = [TopicPartition(topic, partition, end) for partition, end in self.end_offsets(topic).items()]
        for future in self.admin.delete_records(ends, operation_timeout=TIMEOUT_S).values():
            future.result(TIMEOUT_S)

    def partitions(self, topic):
        return sorted(self.admin.list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions)

    def produce(self, topic, messages, message_max_bytes=1000000):
        """Sends (key, value) pairs or plain values, and waits for every acknowledgement."""
        failed = []
        producer = Producer(
            {
                "bootstrap.servers": self.brokers,
                "linger.ms": 20,
                "message.max.bytes": message_max_bytes,
                "log_level": 2,
            }
        )
        for message in messages:
            key, value = message if isinstance(message, tuple) else (None, message)
            while True:
                try:
                    producer.produce(topic, value, key, on_delivery=lambda error, _: error and failed.append(error))
                    break
                except BufferError:
                    producer.poll(0.1)
        assert producer.flush(30) == 0 and not failed, failed[:3]

    def consume(self, topic):
        """All messages of a topic, each partition in its order."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.brokers,
                "group.id": "witness",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": False,
                "log_level": 2,
            }
        )
        messages = []
        try:
            ends = {}
            for partition in self.partitions(topic):
                low, high = _watermarks(consumer, topic, partition)
                if high > low:
                    ends[partition] = high
            consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
            deadline = time.monotonic() + 60
            while ends:
                assert time.monotonic() < deadline, f"no end of {topic}: {ends} left"
                for message in consumer.consume(1000, 0.5):
                    assert message.error() is None, message.error()
                    messages.append(message)
                    if message.offset() + 1 >= ends.get(message.partition(), float("inf")):
                        del ends[message.partition()]
            return messages
        finally:
            consumer.close()

    def end_offsets(self, topic):
        consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": "witness", "log_level": 2})
        try:
            return {partition: _watermarks(consumer, topic, partition)[1] for partition in self.partitions(topic)}
        finally:
            consumer.close()

    def committed(self, group, topic):
        """{partition: offset}; a partition without a commit is absent."""
        consumer = Consumer({"bootstrap.servers": self.brokers, "group.id": group, "log_level": 2})
        try:
            wanted = [TopicPartition(topic, partition) for partition in self.partitions(topic)]
            # Asks only, does not join the group.
            found = _coordinated(lambda: consumer.committed(wanted, TIMEOUT_S))
            return {each.partition: each.offset for each in found if each.offset >= 0}
        finally:
            consumer.close()

    def lag(self, group, topic):
        committed = self.committed(group, topic)
        return sum(end - committed.get(partition, 0) for partition, end in self.end_offsets(topic).items())

    def reset_offsets(self, group, topic):
        """Back to the beginning; the group must be empty."""
        wanted = [TopicPartition(topic, partition, 0) for partition in self.partitions(topic)]
        request = ConsumerGroupTopicPartitions(group, wanted)
        self.admin.alter_consumer_group_offsets([request])[group].result(TIMEOUT_S)

    def members(self, group):
        """{member id: [partitions]} of the group's members now."""
        described = _coordinated(lambda: self.admin.describe_consumer_groups([group])[group].result(TIMEOUT_S))
        return {
            member.member_id: sorted(each.partition for each in member.assignment.topic_partitions)
            for member in described.members
        }


def _coordinated(ask):
    """A group's coordinator may be on its way to another place, as after the broker's start."""

    def try_it():
        try:
            return (ask(),)
        except KafkaException as error:
            if error.args[0].code() not in COORDINATOR_MOVES:
                raise
            return None

    return wait_for(try_it, TIMEOUT_S, "the group's coordinator")[0]


def _watermarks(consumer, topic, partition):
    """(first offset, end); a new topic's partitions may be without a leader for a moment."""

    def ask():
        try:
            return consumer.get_watermark_offsets(TopicPartition(topic, partition), TIMEOUT_S, cached=False)
        except KafkaException as error:
            if not error.args[0].retriable() and error.args[0].code() not in LEADERLESS:
                raise
            return None

    return wait_for(ask, TIMEOUT_S, f"the leader of {topic}-{partition}")
