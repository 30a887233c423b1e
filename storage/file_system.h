// The few system calls by which anything here becomes durable. Everything that the storage writes
// goes through them: LevelDB's files, the identity and the anchor. So a test can fail the k-th
// call, or record them all and build what any power loss would have left behind.
//
// What POSIX gives, and no more, is assumed: bytes survive once Sync of their file has returned, a
// name (created, renamed, removed) once SyncDirectory has. Errors are kIo and name the call and
// the path: "write /var/lib/lockd/db/000005.log: No space left on device".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "paxos/result.h"

namespace paxos::storage {

// A file open for writing. The destructor closes it.
class File {
 public:
  virtual ~File() = default;
  // All of `bytes`, or an error with the file in an unknown state.
  virtual Status WriteAt(std::uint64_t offset, std::string_view bytes) = 0;
  // The bytes, and the size if it changed.
  virtual Status Sync() = 0;
};

// Called from several threads; a File from one.
class FileSystem {
 public:
  // The real one.
  static FileSystem& Posix();

  virtual ~FileSystem() = default;
  // An empty file for its owner alone; what had the name is gone.
  virtual Result<std::unique_ptr<File>> Create(const std::string& path) = 0;
  // A file that is there, as it is.
  virtual Result<std::unique_ptr<File>> OpenExisting(const std::string& path) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;
  // For its owner alone (0700). Fails if the name is taken.
  virtual Status CreateDirectory(const std::string& path) = 0;
  virtual Status SyncDirectory(const std::string& path) = 0;
  // What a user without privileges may still fill on the disk that holds `path`.
  virtual Result<std::uint64_t> FreeBytes(const std::string& path) = 0;
};

// "a/b" of "a/b/c", and "." of "c".
std::string DirectoryOf(const std::string& path);

// The whole file; kNotFound if there is none.
Result<std::string> ReadFile(const std::string& path);

// kIo if the disk that holds `path` has less than `bytes_min` to spare.
Status CheckFreeSpace(FileSystem& files, const std::string& path, std::uint64_t bytes_min);

}  // namespace paxos::storage
