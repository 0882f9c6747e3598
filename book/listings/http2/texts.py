"""gRPC's Python client (grpcio): what it reports."""

import grpc

print("grpcio", grpc.__version__)
ENDS = ("answer, GOAWAY", "GOAWAY, last stream 0", "FIN", "reset", "GOAWAY, then reset")
for port, label in enumerate(ENDS, 7450):
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    call = channel.unary_unary("/book.Test/Call", request_serializer=bytes, response_deserializer=bytes)
    try:
        print(f"{label}: {call(b'', timeout=5)}")
    except grpc.RpcError as error:
        print(f"{label}: {error.code()}: {error.details()}")
    channel.close()
