# For pages that say `digest serve`: it is started as they say, on a free port, and stopped as a service is once it answers.
digest() {
  if [ "$1" != serve ]; then
    command digest "$@"
    return
  fi
  command digest "$@" --port 0 >serve.log 2>&1 &
  local server=$! door=
  until door="$(grep -o '127\.0\.0\.1:[0-9]*' serve.log)" && curl --noproxy '*' -fs "http://$door/health/ready" >/dev/null; do
    kill -0 "$server" || { cat serve.log; return 1; }
    sleep 0.1
  done
  kill "$server"
  wait "$server" || { cat serve.log; return 1; }
}
