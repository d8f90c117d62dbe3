#!/bin/sh
# Any CI system: starts a run, waits for it, and explains the outcome. Needs SLIPWAY_URL, and SLIPWAY_API_KEY or the job's
# OpenID Connect token in SLIPWAY_ID_TOKEN.
#
# Usage: deploy.sh APPLICATION PIPELINE [OPTION of "slipway start"]...
set -u
slipway=${SLIPWAY:-slipway}

if [ -z "${SLIPWAY_API_KEY:-}" ] && [ -n "${SLIPWAY_ID_TOKEN:-}" ]; then
  login=$($slipway ci login) || exit
  eval "$login"
fi

code=0
$slipway start "$@" --wait --summary "${SLIPWAY_SUMMARY:-summary.md}" --outputs "${SLIPWAY_OUTPUTS:-slipway.env}" || code=$?
case $code in
  0) echo 'Deployed.' ;;
  1) echo 'The run failed; the summary names the tasks.' ;;
  3) echo 'The server refused to start the run.' ;;
  4) echo 'The server is unreachable.' ;;
  6) echo 'Somebody rejected the release.' ;;
  7) echo 'Somebody aborted the run.' ;;
  8) echo 'The run or one of its approvals expired.' ;;
  9) echo 'The run waits for a person, and continues.' ;;
  10) echo 'The run takes longer than the job may wait, and continues.' ;;
  *) echo "slipway ended with exit code $code." ;;
esac
exit $code
