#!/bin/sh
# The same cluster by hand: what a patient administrator types, without a tool in between. The configuration is the
# one that the collection's own run has left on these hosts; this script only moves files, starts and waits.
#
#   bare.sh MODE WORK VIP HOST...   WORK holds ssh.conf, common.tar and <host>.tar
#
#   found      a new cluster, on hosts that are empty
#   restore    the same out of WORK/snapshot.db
#   survivor   the first host goes on with its data, the others are empty
#   replace    the last host is empty, the others live
set -eu
mode=$1
work=$2
vip=$3
shift 3
first=$1

on() { host=$1; shift; ssh -F "$work/ssh.conf" "$host" "$@"; }

copy() {
    on "$1" tar -x -C / <"$work/common.tar"
    on "$1" tar -x -C / <"$work/$1.tar"
    on "$1" "cd / && sha256sum --check --quiet /root/bench.sha256 && systemctl daemon-reload &&
        { sysctl -q --system || true; } && systemctl -q enable --now metalstack-firewall.service && k3s --version >/dev/null"
}

voters() {
    on "$1" "k3s kubectl get nodes -o jsonpath='{range .items[*]}{.status.conditions[?(@.type==\"Ready\")].status} {.status.conditions[?(@.type==\"EtcdIsVoter\")].status}{\"\n\"}{end}'" 2>/dev/null |
        grep -c '^True True$' || true
}

# It must not join those that are gone.
alone() {
    on "$first" "systemctl stop k3s.service; rm -f /etc/rancher/k3s/config.yaml.d/90-join.yaml &&
        k3s server --cluster-reset $* >/root/reset.log 2>&1"
}

# Of token-file a reset with a snapshot takes no notice.
restore() {
    on "$first" "umask 77 && cat >/root/snapshot.db && cp /etc/rancher/k3s/token /var/lib/rancher/k3s/server/token" \
        <"$work/snapshot.db"
    alone --cluster-reset-restore-path=/root/snapshot.db
}

# Those that the datastore knows: they pass for ready until somebody looks.
forget() {
    for host in "$@"; do [ "$host" = "$first" ] || on "$first" "k3s kubectl delete node $host --wait=false"; done
}

enter() {
    if [ "$1" = "$first" ]; then
        settings='cluster-init: true'
    else
        settings="server: https://$(on "$first" "hostname -I | cut -d' ' -f1"):6443"
    fi
    on "$1" "printf '%s\n' '$settings' >/etc/rancher/k3s/config.yaml.d/90-join.yaml && systemctl -q enable --now k3s.service"
    tries=0
    until [ "$(voters "$1")" -ge "$2" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || { echo "$1 did not become a voter" >&2; exit 1; }
        sleep 0.3
    done
}

for last in "$@"; do :; done
for host in "$@"; do
    case $mode in
    survivor) [ "$host" != "$first" ] || continue ;;
    replace) [ "$host" = "$last" ] || continue ;;
    esac
    copy "$host" & jobs="${jobs:-} $!"
done
for job in $jobs; do wait "$job"; done

case $mode in
restore) restore ;;
survivor) alone ;;
replace) on "$first" "k3s kubectl delete node $last --timeout=60s" ;;
esac

wanted=0
for host in "$@"; do
    wanted=$((wanted + 1))
    [ "$mode" != replace ] || [ "$host" = "$last" ] || continue
    enter "$host" "$wanted"
    case $mode,$wanted in
    restore,1 | survivor,1) forget "$@" ;;
    esac
done

for host in "$@"; do
    for unit in kube-vip kube-vip-services kube-vip-cloud-provider; do
        on "$host" "test ! -e /etc/systemd/system/$unit.service || systemctl -q enable --now $unit.service"
    done
done

tries=0
until on "$first" curl -sk -m 2 -o /dev/null "https://$vip:6443/readyz"; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { echo "the API does not answer at $vip" >&2; exit 1; }
    sleep 0.3
done
