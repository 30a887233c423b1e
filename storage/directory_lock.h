#pragma once

#include <memory>
#include <string>

#include "paxos/result.h"

namespace paxos::storage {

// Keeps every other process, and everyone else in this one, out of a data directory for as long as
// it lives; the system lets go of it when the process ends, however it ends.
class DirectoryLock {
 public:
  // kNotFound: there is no such directory. kUnavailable: someone else has it. Creates nothing.
  static Result<std::unique_ptr<DirectoryLock>> Take(const std::string& directory);

  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace paxos::storage
