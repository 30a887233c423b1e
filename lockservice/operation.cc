#include "lockservice/operation.h"

namespace lockservice {

const char* Name(AcquireMode mode) {
  switch (mode) {
    case AcquireMode::kTry:
      return "try";
    case AcquireMode::kWait:
      return "wait";
  }
  return "unknown";
}

const char* Name(LockError error) {
  switch (error) {
    case LockError::kNotOwner:
      return "not owner";
    case LockError::kStaleToken:
      return "stale token";
    case LockError::kNotHeld:
      return "not held";
    case LockError::kBadName:
      return "bad name";
    case LockError::kNoteTooLong:
      return "note too long";
    case LockError::kTooManyReentries:
      return "too many re-entries";
    case LockError::kTooManyLocks:
      return "too many locks";
    case LockError::kTooManyWaiters:
      return "too many waiters";
    case LockError::kBadOperation:
      return "bad operation";
  }
  return "unknown";
}

}  // namespace lockservice
