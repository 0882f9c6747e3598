<?php
function attempt($label, $call) {
    error_clear_last();
    $result = @$call();
    $error = error_get_last();
    $kind = $error ? [E_NOTICE => "Notice", E_WARNING => "Warning"][$error["type"]] : "";
    echo "$label: ", var_export($result, true), $error ? ", $kind: {$error['message']}" : "", "\n";
    usleep(100000);
}

function connection($port) {
    $s = stream_socket_client("tcp://127.0.0.1:$port");
    fwrite($s, "x");
    usleep(100000);
    return $s;
}

$s = connection(7001);
attempt("reset, read", fn() => fread($s, 10));
attempt("reset, read again", fn() => fread($s, 10));

$s = connection(7001);
attempt("reset, write", fn() => fwrite($s, "x"));
attempt("reset, write again", fn() => fwrite($s, "x"));
attempt("reset, then read", fn() => fread($s, 10));

$s = connection(7002);
attempt("left, write", fn() => fwrite($s, "x"));
attempt("left, write again", fn() => fwrite($s, "x"));
attempt("left, then read", fn() => fread($s, 10));

attempt("nobody, connect", fn() => stream_socket_client("tcp://127.0.0.1:7003"));
