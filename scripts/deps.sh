#!/bin/sh
# What the hub needs of the system: PostgreSQL >= 15 with PostGIS (localdb runs
# a private cluster of it) and GDAL (ogr2ogr for hub import units; the tests of
# the OGC API ask with ogrinfo). `deps.sh test`: what its tests need beside that,
# Node for the pages and Chromium to look at them. `make run` and `make test` call
# this first. It says nothing when all is there.
#
# HUB_DATABASE_URL set: the server is elsewhere, only GDAL is looked for.
set -eu

min=15

# The version of each PostgreSQL server here, newest first. Debian keeps servers
# off the PATH; elsewhere pg_config knows.
servers() {
	{
		for postgres in /usr/lib/postgresql/*/bin/postgres; do
			if [ -x "$postgres" ]; then
				v=${postgres#/usr/lib/postgresql/}
				echo "${v%%/*}"
			fi
		done
	} | sort -rn
}

# have_postgis VERSION: its control file, and its library, which is a package of
# its own.
have_postgis() {
	[ -e "/usr/share/postgresql/$1/extension/postgis.control" ] &&
		[ -e "/usr/lib/postgresql/$1/lib/postgis-3.so" ]
}

# Sets server to the newest good version that has PostGIS, or failing that to
# the newest good version, with postgis saying which.
server='' postgis=no
for v in $(servers); do
	if [ "$v" -ge "$min" ] 2>/dev/null; then
		if have_postgis "$v"; then
			server=$v postgis=yes
			break
		fi
		server=${server:-$v}
	fi
done
if [ -z "$server" ] && command -v pg_config >/dev/null 2>&1; then
	v=$(pg_config --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
	if [ "${v:-0}" -ge "$min" ] && [ -x "$(pg_config --bindir)/postgres" ]; then
		server=$v
		if [ -e "$(pg_config --sharedir)/extension/postgis.control" ] &&
			ls "$(pg_config --pkglibdir)"/postgis-3.* >/dev/null 2>&1; then
			postgis=yes
		fi
	fi
fi

want_server=no
if [ "$postgis" = no ]; then
	if [ -n "${HUB_DATABASE_URL:-}" ]; then
		echo "deps: HUB_DATABASE_URL is set, so no PostgreSQL server is installed here" >&2
	else
		want_server=yes
	fi
fi
want_gdal=no
command -v ogr2ogr >/dev/null 2>&1 || want_gdal=yes


# have_node: Node >= 20.19, which Vite asks for, and npm.
have_node() {
	command -v npm >/dev/null 2>&1 && node -e '
		const [major, minor] = process.versions.node.split(".").map(Number);
		process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null
}
want_node=no want_chromium=no
if [ "${1:-}" = test ]; then
	have_node || want_node=yes
	command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
		command -v google-chrome >/dev/null 2>&1 || want_chromium=yes
fi

case $want_server$want_gdal$want_node$want_chromium in
*yes*) ;;
*) exit 0 ;;
esac

missing=''
if [ "$want_server" = yes ]; then
	if [ -n "$server" ]; then
		missing="PostGIS 3 for PostgreSQL $server"
	else
		missing="PostgreSQL $min or newer with PostGIS 3"
	fi
fi
if [ "$want_gdal" = yes ]; then
	missing="${missing:+$missing, }GDAL's ogr2ogr"
fi
if [ "$want_node" = yes ]; then
	missing="${missing:+$missing, }Node 20.19 or newer with npm"
fi
if [ "$want_chromium" = yes ]; then
	missing="${missing:+$missing, }Chromium"
fi

if ! command -v apt-get >/dev/null 2>&1; then
	cat >&2 <<-EOT
	deps: missing: $missing.
	Install it from your system's packages and try again:
	  Fedora     dnf install postgresql-server postgis gdal nodejs-npm chromium
	  Alpine     apk add postgresql16 postgis gdal-tools npm chromium
	  Arch       pacman -S postgresql postgis gdal npm chromium
	  Homebrew   brew install postgresql@17 postgis gdal node chromium
	Or set HUB_DATABASE_URL to a PostgreSQL server with PostGIS elsewhere.
	EOT
	exit 1
fi

# as_root COMMAND…
if [ "$(id -u)" -eq 0 ]; then
	as_root() { env DEBIAN_FRONTEND=noninteractive "$@"; }
elif command -v sudo >/dev/null 2>&1; then
	as_root() { sudo env DEBIAN_FRONTEND=noninteractive "$@"; }
else
	as_root() { return 1; }
fi

# The newest good version for which apt has both server and PostGIS; the
# installed server's, if there is one.
candidate() {
	apt-cache search --names-only "^postgresql-[0-9]+-postgis-3\$" 2>/dev/null |
		sed 's/^postgresql-\([0-9]*\)-postgis-3 .*/\1/' | sort -rn |
		while read -r v; do
			if [ "$v" -ge "$min" ] && { [ -z "$server" ] || [ "$v" -eq "$server" ]; } &&
				apt-cache show "postgresql-$v" >/dev/null 2>&1; then
				echo "$v"
				break
			fi
		done
}

packages() {
	list=''
	if [ "$want_server" = yes ]; then
		v=$(candidate)
		list="postgresql-${v:-?} postgresql-${v:-?}-postgis-3"
	fi
	if [ "$want_gdal" = yes ]; then
		list="$list gdal-bin"
	fi
	if [ "$want_node" = yes ]; then
		list="$list nodejs"
		command -v npm >/dev/null 2>&1 || list="$list npm"
	fi
	if [ "$want_chromium" = yes ]; then
		list="$list chromium"
	fi
	echo $list
}

echo "deps: missing: $missing. Installing with apt-get." >&2
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "deps: that takes root, and there is no sudo. As root: apt-get install -y --no-install-recommends $(packages | sed 's/postgresql-? postgresql-?-postgis-3/postgresql postgresql-postgis/')" >&2
		exit 1
	fi
	echo "deps: only root may install packages, so sudo may ask for your password" >&2
fi

as_root apt-get update -q >&2 || {
	echo "deps: apt-get update failed, once more" >&2
	as_root apt-get update -q >&2 || echo "deps: apt-get update failed again, going on with the package lists at hand" >&2
}

packages=$(packages)
case $packages in
*\?*)
	echo "deps: apt offers no PostgreSQL >= $min with PostGIS 3 here. Add the PostgreSQL project's packages (https://wiki.postgresql.org/wiki/Apt) and try again, or set HUB_DATABASE_URL." >&2
	exit 1
	;;
esac

# The hub runs a cluster of its own: Debian need not make and start one. Where
# this can't be said, an idle cluster more does no harm.
conf=/etc/postgresql-common/createcluster.d/geohub.conf
if [ "$want_server" = yes ] && [ -z "$server" ] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
	as_root sh -c "mkdir -p ${conf%/*} && echo 'create_main_cluster = false' >$conf" ||
		echo "deps: could not write $conf; Debian will make a cluster \"main\" of its own, unused by the hub" >&2
fi

echo "deps: apt-get install $packages" >&2
# shellcheck disable=SC2086 # a list of names
as_root apt-get install -y -q --no-install-recommends $packages >&2

if [ "$want_node" = yes ] && ! have_node; then
	echo "deps: apt's Node is $(node --version), the pages want 20.19 or newer: install it from https://nodejs.org and try again." >&2
	exit 1
fi
