#!/usr/bin/env bash
# Moves the version in a checkout of the repository from which clusters are synced, on a branch of its own, and pushes that.
#
# It changes lines that are marked, whatever tool reads them (an Argo CD Application, a Flux HelmRelease, values of a chart),
# and nothing else in them:
#
#     targetRevision: 0.1.0 # tablewright:version
#     digest: sha256:4be1... # tablewright:digest
#
# stdout: the branch that was pushed, or nothing where there is nothing to do. A second run for the same version changes nothing.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

usage() {
  cat >&2 <<'USAGE'
usage: scripts/release/promote.sh CHECKOUT PATH VERSION DIGEST

  CHECKOUT  a clone of the repository, at the branch from which clusters are synced
  PATH      a file or folder in it, in which marked lines are sought
  VERSION   of the charts, X.Y.Z
  DIGEST    of the image, sha256:...
USAGE
  exit 64
}

(($# == 4)) || usage
CHECKOUT=$1 WHERE=$2 VERSION=$3 DIGEST=$4
BRANCH=tablewright-$VERSION
# What may stand before each mark, within quotes or not, and at the end of something longer (an image with its tag).
declare -A SHAPE=([version]='[0-9]+\.[0-9]+\.[0-9]+' [digest]='sha256:[0-9a-f]{64}')

[[ $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || die "the version '$VERSION' is not of the form 1.2.3."
[[ $DIGEST =~ ^sha256:[0-9a-f]{64}$ ]] || die "the digest '$DIGEST' is not of the form sha256:... with 64 digits."
cd "$CHECKOUT"
[[ -e $WHERE ]] || die "there is no $WHERE in the repository." "" "hint: the variable GITOPS_PATH names a file or folder in it"
[[ -z $(git status --porcelain) ]] || die "the checkout has changes of its own."

# marked WORD: the lines with this mark, as FILE:NUMBER:LINE.
marked() { grep -rnHE --exclude-dir=.git "# tablewright:$1 *\$" -- "$WHERE" || true; }

# values WORD: what stands on them.
values() { marked "$1" | sed -nE "s,^.*[^0-9.](${SHAPE[$1]})\"? *# tablewright:$1 *\$,\1,p"; }

# shaped WORD: a mark behind something else is a mistake, and no version would ever arrive there.
shaped() {
  local odd
  odd=$(marked "$1" | grep -vE "[^0-9.a-z-]${SHAPE[$1]}\"? *# tablewright:$1 *\$" || true)
  [[ -z $odd ]] || die "the mark on this line is not behind a $1: $odd" "" "hint: write it as 'key: value # tablewright:$1'"
}

write() {
  local word=$1 value=$2 file
  while IFS= read -r -d '' file; do
    sed -i -E "s,${SHAPE[$word]}(\"? *# tablewright:$word *)\$,$value\1," "$file"
  done < <(grep -rlZE --exclude-dir=.git "# tablewright:$word *\$" -- "$WHERE")
}

shaped version
shaped digest
versions=$(values version)
[[ -n $versions ]] || die "no line under $WHERE is marked." "" \
  "hint: put '# tablewright:version' behind each version of the charts, '# tablewright:digest' behind each digest of the image"
# A fix for an older line does not take newer clusters back.
newest=$(printf '%s\n' "$versions" "$VERSION" | sort -V | tail -n 1)
if [[ $newest != "$VERSION" ]]; then
  say "the repository is at $newest already, which is newer than $VERSION: nothing is changed."
  exit 0
fi

write version "$VERSION"
write digest "$DIGEST"
if git diff --quiet; then
  say "the repository has $VERSION with this digest already: nothing is changed."
  exit 0
fi

git switch --quiet --create "$BRANCH"
git -c user.name="${GIT_AUTHOR_NAME:-tablewright-release}" -c user.email="${GIT_AUTHOR_EMAIL:-release@users.noreply.github.com}" \
  commit --quiet --all --message "tablewright $VERSION" --message "Image $DIGEST"
# A run that was repeated finds its branch: the same change is left as it is, another one (the base has moved) takes its place.
there=$(git ls-remote origin "refs/heads/$BRANCH" | cut -f 1)
if [[ -n $there ]]; then
  git fetch --quiet origin "refs/heads/$BRANCH"
  if git diff --quiet FETCH_HEAD HEAD; then
    say "the branch $BRANCH has this change already."
    printf '%s\n' "$BRANCH"
    exit 0
  fi
fi
git push --quiet --force-with-lease="$BRANCH:$there" origin "HEAD:refs/heads/$BRANCH"
printf '%s\n' "$BRANCH"
