#!/bin/sh
# dpkg-query, apt-get, rpm and dnf of a simulated host, by the name they are called by: an installed package is a file of
# /var/lib/lab/packages, what could be one a line of /var/lib/lab/available.
set -u
installed=$PERFPLAY_ROOT/var/lib/lab/packages
available=$PERFPLAY_ROOT/var/lib/lab/available
program=${0##*/}

# The words that are no options, nor an option's value.
words=''
while [ $# -gt 0 ]; do
  case $1 in
    -o | -f | --qf) shift ;;
    -*) ;;
    *) words="$words $1" ;;
  esac
  shift
done
set -- $words

unknown() {
  case $program in
    apt-get) echo "E: Unable to locate package $1" >&2; exit 100 ;;
    *) echo "Error: Unable to find a match: $1" >&2; exit 1 ;;
  esac
}

status=0
case $program in
  dpkg-query | rpm)
    for name; do
      if [ -f "$installed/$name" ]; then
        case $program in
          rpm) printf '%s:x86_64/installed,' "$name" ;;
          *) printf '%s:amd64/install ok installed,' "$name" ;;
        esac
      else
        [ "$program" != rpm ] || echo "package $name is not installed"
        status=1
      fi
    done
    ;;
  *)
    verb=${1:-}
    [ $# -eq 0 ] || shift
    case $verb in
      install)
        for name; do grep -qx "$name" "$available" || unknown "$name"; done
        for name; do : >"$installed/$name"; done
        echo 'Processing triggers ...'
        ;;
      remove) for name; do rm -f "$installed/$name"; done ;;
      update | makecache) ;;
      *) echo "$program: '$verb' is not simulated" >&2; status=1 ;;
    esac
    ;;
esac
exit "$status"
