require "socket"

def attempt(label)
  puts "#{label}: #{yield.inspect}"
rescue SystemCallError, IOError => error
  puts "#{label}: #{error.class}: #{error.message}"
ensure
  sleep 0.1
end

def connection(port)
  s = TCPSocket.new("127.0.0.1", port)
  s.syswrite("x")
  sleep 0.1
  s
end

s = connection(7001)
attempt("reset, read") { s.readpartial(10) }
attempt("reset, read again") { s.readpartial(10) }

s = connection(7001)
attempt("reset, write") { s.syswrite("x") }
attempt("reset, write again") { s.syswrite("x") }
attempt("reset, then read") { s.readpartial(10) }

s = connection(7002)
attempt("left, write") { s.syswrite("x") }
attempt("left, write again") { s.syswrite("x") }
attempt("left, then read") { s.readpartial(10) }

s = connection(7004)
s.close
attempt("closed by itself, read") { s.readpartial(10) }

attempt("nobody, connect") { TCPSocket.new("127.0.0.1", 7003) }
