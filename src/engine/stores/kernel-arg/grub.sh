# pp_grub CONFIG DROP_IN STATE OLD WORD... : generates CONFIG anew and puts it in place only when it is whole.
# STATE and OLD are what DROP_IN was before (absent, or present and its text): it goes back when anything fails.
# WORD: `name=value` must stand in every normal entry, `!name` must stand in none.

# Puts the drop-in back. On a full disk a second file may find no room, while the first one's own place still has it.
pp_grub_restore() {
  [ "$pp_state_before" = present ] || { rm -f "$pp_drop_in"; return; }
  { cp -p "$pp_drop_in" "$pp_drop_in.perfplay" && printf %s "$pp_old_drop_in" >"$pp_drop_in.perfplay" &&
    mv -f "$pp_drop_in.perfplay" "$pp_drop_in"; } 2>/dev/null && return
  rm -f "$pp_drop_in.perfplay"
  { printf %s "$pp_old_drop_in" >"$pp_drop_in"; } 2>/dev/null
}

pp_grub_fail() {
  rm -f "$pp_new" "$pp_new.new"
  pp_text="$1; ${pp_config#"$PP_ROOT"} is the old one"
  pp_grub_restore || pp_text="$pp_text, but ${pp_drop_in#"$PP_ROOT"} could not be put back"
  return 1
}

# What grub-mkconfig said, in one line, without its progress.
pp_grub_said() {
  pp_words=''
  while IFS= read -r pp_l; do
    case $pp_l in
      ''|'Generating grub configuration file'*|'Found '*|'Adding boot menu entry'*|'Warning: os-prober '*|'Systems on them '*|'Check GRUB_DISABLE_OS_PROBER '*|done) ;;
      'Ensure that there are no errors '*|*'please file a bug report with'*|*' file attached.') ;;
      *) pp_words="$pp_words${pp_words:+; }$pp_l" ;;
    esac
  done <<PP_SAID
$1
PP_SAID
  printf %s "$pp_words"
}

# Which script of grub.d a menu is no good for: the one that wrote what GRUB cannot read, or that did not come to its end.
pp_grub_blame() {
  [ -r "$1" ] || return
  pp_section='' pp_body=''
  while IFS= read -r pp_l; do
    case $pp_l in
      '### BEGIN '*) pp_section=${pp_l#'### BEGIN '} pp_section=${pp_section%' ###'} pp_body='' ;;
      '### END '*)
        [ -z "$pp_body" ] || printf '%s\n' "$pp_body" | "$pp_tool-script-check" >/dev/null 2>&1 || break
        pp_section='' ;;
      ''|'#'*) ;;
      *) pp_body="$pp_body
$pp_l" ;;
    esac
  done <"$1"
  [ -z "$pp_section" ] || printf %s " (mend $pp_section)"
}

# The part of a menu that has this system's own kernels: what memtest, os-prober and custom entries start is not ours to judge.
pp_grub_own() {
  pp_section=''
  while IFS= read -r pp_l; do
    case $pp_l in
      '### BEGIN '*) pp_section=$pp_l ;;
      '### END '*) pp_section='' ;;
    esac
    case $pp_section in
      ''|*_linux*) printf '%s\n' "$pp_l" ;;
    esac
  done <"$1"
}

# The words of every normal `linux` line of a menu on standard input, one entry a line, each word between spaces.
pp_grub_lines() {
  pp_title=''
  while IFS= read -r pp_l; do
    case $pp_l in
      *menuentry\ *) pp_title=$pp_l ;;
    esac
    set -f
    set -- $pp_l
    set +f
    case $1 in
      linux|linuxefi|linux16)
        case "$pp_title $* " in
          *'(recovery mode)'*|*' single '*|*' recovery '*) ;;
          *) printf ' %s \n' "$*" ;;
        esac ;;
    esac
  done
}

# The files that a menu on standard input loads, kernel and initrd, one a line.
pp_grub_files() {
  while IFS= read -r pp_l; do
    set -f
    set -- $pp_l
    set +f
    case $1 in
      linux|linuxefi|linux16) printf '%s\n' "$2" ;;
      initrd|initrdefi|initrd16) shift; for pp_p in "$@"; do printf '%s\n' "$pp_p"; done ;;
    esac
  done
}

# Why the menu is not as our file says: files of grub.d that are read after it, or a script of grub.d.
pp_grub_undone() {
  pp_later='' pp_after=''
  for pp_p in "${pp_drop_in%/*}"/*.cfg; do
    [ -z "$pp_after" ] || pp_later="$pp_later ${pp_p#"$PP_ROOT"}"
    [ "$pp_p" != "$pp_drop_in" ] || pp_after=yes
  done
  if [ -n "$pp_later" ]; then printf %s "a later file of grub.d undoes it:$pp_later"; else printf %s 'a script of /etc/grub.d says otherwise'; fi
}

# A path of the menu is the boot file system's: /boot may be one of its own, or a subvolume.
pp_grub_exists() { [ -e "$PP_ROOT$1" ] || [ -e "$PP_ROOT/boot$1" ] || [ -e "$PP_ROOT/boot/${1##*/}" ]; }

pp_grub() {
  pp_config=$PP_ROOT$1 pp_drop_in=$PP_ROOT$2 pp_state_before=$3 pp_old_drop_in=$4
  pp_new=$pp_config.perfplay pp_folder=${pp_config%/*}
  # Where GRUB's folder is /boot/grub2 its programs are called so too.
  case $1 in /boot/grub/*) pp_tool=grub ;; *) pp_tool=grub2 ;; esac
  shift 4
  # A run whose connection was cut may be at work still.
  pp_lock=$PP_ROOT/run/perfplay-grub.lock
  if command -v flock >/dev/null 2>&1 && (: >"$pp_lock") 2>/dev/null; then
    exec 9>"$pp_lock"
    # mksh closes descriptors above 2 in programs, unless they are given to them.
    flock -w 300 9 9>&9 || { pp_grub_fail 'another perfplay makes a grub.cfg on this host, for minutes now'; exec 9>&-; return 1; }
    pp_grub_make "$@"
    pp_made=$?
    exec 9>&-
    return "$pp_made"
  fi
  pp_grub_make "$@"
}

pp_grub_make() {
  pp_size=$(wc -c <"$pp_config" 2>/dev/null) || pp_size=65536
  pp_needed=$((pp_size * 3 / 1024 + 64))
  pp_free=$(df -kP "$pp_folder" 2>/dev/null | { read -r pp_l; read -r pp_a pp_b pp_c pp_d pp_e; echo "$pp_d"; })
  case $pp_free in
    ''|*[!0-9]*) ;;
    *) [ "$pp_free" -ge "$pp_needed" ] ||
      { pp_grub_fail "${pp_folder#"$PP_ROOT"}: too little space left: $pp_free kB, a new grub.cfg needs $pp_needed"; return; } ;;
  esac
  rm -f "$pp_new" "$pp_new.new"
  pp_out=$(dd if=/dev/null of="$pp_new" 2>&1) ||
    { pp_grub_fail "${pp_folder#"$PP_ROOT"} cannot be written: $pp_out"; return; }
  pp_out=$("$pp_tool-mkconfig" -o "$pp_new" 2>&1) || {
    pp_made=$?
    pp_said=$(pp_grub_said "$pp_out")
    pp_grub_fail "$pp_tool-mkconfig: ${pp_said:-exit code $pp_made}$(pp_grub_blame "$pp_new.new")"
    return
  }
  [ -s "$pp_new" ] || { pp_grub_fail "$pp_tool-mkconfig wrote nothing"; return; }
  pp_out=$("$pp_tool-script-check" "$pp_new" 2>&1) ||
    { pp_grub_fail "$pp_tool-script-check: $(pp_grub_said "$pp_out")$(pp_grub_blame "$pp_new")"; return; }
  pp_lines=$(pp_grub_own "$pp_new" | pp_grub_lines)
  [ -n "$pp_lines" ] || { pp_grub_fail 'the new grub.cfg has no normal entry'; return; }
  pp_files=$(pp_grub_own "$pp_new" | pp_grub_files)
  for pp_p in $pp_files; do
    pp_grub_exists "$pp_p" || { pp_grub_fail "the new grub.cfg names $pp_p, which does not exist"; return; }
  done
  [ ! -e "$pp_config" ] || for pp_p in $(pp_grub_own "$pp_config" | pp_grub_files); do
    ! pp_grub_exists "$pp_p" || case "
$pp_files
" in
      *"
$pp_p
"*) ;;
      *) pp_grub_fail "the new grub.cfg has lost the entry of $pp_p"; return ;;
    esac
  done
  for pp_word in "$@"; do
    while IFS= read -r pp_l; do
      case $pp_word in
        '!'*) case " $(printf %s "$pp_l" | tr - _)" in
            *" ${pp_word#!} "*|*" ${pp_word#!}="*) pp_grub_fail "the new grub.cfg still holds ${pp_word#!}: $(pp_grub_undone)"; return ;;
          esac ;;
        *) case $pp_l in
            *" $pp_word "*) ;;
            *) pp_grub_fail "the new grub.cfg does not hold $pp_word in every normal entry: $(pp_grub_undone)"; return ;;
          esac ;;
      esac
    done <<PP_LINES
$pp_lines
PP_LINES
  done
  if [ -e "$pp_config" ]; then
    cp -p "$pp_config" "$pp_config.perfplay-backup" && cp -p "$pp_config" "$pp_new.new" && cat "$pp_new" >"$pp_new.new" &&
      mv -f "$pp_new.new" "$pp_new"
  fi || { pp_grub_fail "$pp_config: cannot be copied"; return; }
  pp_out=$(dd if=/dev/null of="$pp_new" conv=notrunc,fsync 2>&1) || { pp_grub_fail "$pp_new: $pp_out"; return; }
  pp_out=$(mv -f "$pp_new" "$pp_config" 2>&1) || { pp_grub_fail "$pp_out"; return; }
  [ "$#" -gt 0 ] || rm -f "$pp_config.perfplay-backup"
}
