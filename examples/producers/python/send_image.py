"""Sends one image to Darkroom, in a form of docs/external-stream.md:

    python send_image.py bytes|json|avro <customer> <image id> <file>
    python send_image.py reference       <customer> <image id> <s3://bucket/key or https://...>

KAFKA_BROKERS, TOPIC_STREAM; for Avro SCHEMA_REGISTRY_URL and EXTERNAL_IMAGE_SCHEMA, the path of schemas/ExternalImage.avsc.
"""

import base64
import json
import os
import sys
import time
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

TOPIC = os.environ.get("TOPIC_STREAM", "image-stream")


def as_bytes(customer, image_id, file):
    """The image itself; all else stands in headers."""
    headers = {"customer-id": customer, "image-id": image_id, "focal-point": "0.5,0.25"}
    return Path(file).read_bytes(), headers


def as_json(customer, image_id, file):
    """The image in base64, all else beside it."""
    value = {
        "image": base64.b64encode(Path(file).read_bytes()).decode(),
        "customerId": customer,
        "imageId": image_id,
        "createdAt": int(time.time() * 1000),
        "focalPoint": {"x": 0.5, "y": 0.25},
    }
    return json.dumps(value).encode(), {"content-type": "application/vnd.darkroom.image+json"}


def as_avro(customer, image_id, file):
    """Avro in Confluent's wire format: a zero byte, the id of the schema, the record."""
    registry = SchemaRegistryClient({"url": os.environ["SCHEMA_REGISTRY_URL"]})
    schema = Path(os.environ["EXTERNAL_IMAGE_SCHEMA"]).read_text()
    value = {"image": Path(file).read_bytes(), "customerId": customer, "imageId": image_id}
    serialize = AvroSerializer(registry, schema)
    return (
        serialize(value, SerializationContext(TOPIC, MessageField.VALUE)),
        {"content-type": "application/vnd.confluent.avro"},
    )


def as_reference(customer, image_id, place):
    """Where the image lies: an object in S3, or a URL. A key is taken as it is: it may hold "#", "?" and "%"."""
    bucket, _, key = place.removeprefix("s3://").partition("/")
    value = {"bucket": bucket, "key": key} if place.startswith("s3://") else {"url": place}
    headers = {
        "customer-id": customer,
        "image-id": image_id,
        "content-type": "application/vnd.darkroom.reference+json",
    }
    return json.dumps(value).encode(), headers


FORMS = {"bytes": as_bytes, "json": as_json, "avro": as_avro, "reference": as_reference}

if __name__ == "__main__":
    form, customer, image_id, place = sys.argv[1:]
    value, headers = FORMS[form](customer, image_id, place)
    producer = Producer(
        {
            "bootstrap.servers": os.environ.get("KAFKA_BROKERS", "localhost:9092"),
            "acks": "all",
            "enable.idempotence": True,
            "message.max.bytes": 10_000_000,
        }
    )

    def delivered(error, _message):
        if error is not None:
            sys.exit(f"the image was not sent: {error}")

    producer.produce(TOPIC, value, key=image_id, headers=headers, on_delivery=delivered)
    producer.flush()
