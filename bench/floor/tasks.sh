# The twenty tasks in plain sh, as few programs as can be: one where nothing changes, two for each edited file, one for each file.
# A function is called after its last line has arrived, so a connection that is cut runs none of it.
fail() { echo "$1" >&2; exit 1; }
# replace FILE MODE|keep TEXT: another name in the same folder, then a rename.
replace() {
  case $2 in
    keep) cp -p "$1" "$1.new" ;;
    *) umask "$2" ;;
  esac
  printf %s "$3" >"$1.new" && mv "$1.new" "$1" || fail "$1: not written"
}
# edit FILE KEY VALUE KEY VALUE: two keys of a KEY=value file.
edit() {
  text='' changed=''
  while IFS= read -r line; do
    case $line in
      "$2=$3" | "$4=$5") ;;
      "$2="*) line=$2=$3 changed=yes ;;
      "$4="*) line=$4=$5 changed=yes ;;
    esac
    text=$text$line$newline
  done <"$1"
  [ -z "$changed" ] || replace "$1" keep "$text"
}
attribute() {
  read -r now <"$1"
  [ "$now" = "$2" ] || echo "$2" >"$1" || fail "$1: not written"
}
# contents FILE TEXT
contents() {
  text=''
  [ ! -e "$1" ] || while IFS= read -r line; do text=$text$line$newline; done <"$1"
  [ "$text" = "$2" ] || replace "$1" 022 "$2"
}
tasks() {
  newline='
'
  cd /etc/broker || fail 'no broker here'
  edit broker.conf network.threads 16 flush.messages 50000
  edit jvm.conf maximum_heap 24g touch_pages on
  edit log.conf preallocate on sendfile on

  queue=/sys/block/nvme0n1/queue
  attribute $queue/nr_requests 256
  attribute $queue/read_ahead_kb 16
  attribute $queue/rq_affinity 2
  attribute $queue/nomerges 2
  attribute $queue/wbt_lat_usec 0
  attribute $queue/add_random 0
  khugepaged=/sys/kernel/mm/transparent_hugepage/khugepaged
  attribute $khugepaged/defrag 0
  attribute $khugepaged/pages_to_scan 1024

  contents 90-limits.conf 'broker soft nofile 1000000
broker hard nofile 1000000
broker - memlock unlimited
'
  contents affinity '4-31,36-63
'
  contents profile "# Set by the fleet's playbook
mode=throughput
hugepages=2048
numa=local
"

  [ ! -e disabled ] || fail 'the broker is disabled'
  [ "$(stat -c %a /srv/broker/data secret 90-limits.conf affinity profile)" = '750
600
644
644
644' ] || fail 'modes are not as they should be'
  echo done
}
tasks </dev/null
