#include "storage/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace paxos::storage {
namespace {

std::string Reason(int code) { return std::generic_category().message(code); }

}  // namespace

Result<std::unique_ptr<DirectoryLock>> DirectoryLock::Take(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    const int code = errno;
    return Status(code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                  "data directory " + directory + ": " + Reason(code));
  }
  std::unique_ptr<DirectoryLock> lock(new DirectoryLock(fd));
  // flock, unlike fcntl, also keeps out a second user in the same process.
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) {
    return Status(ErrorCode::kUnavailable,
                  "data directory " + directory + " is in use by another process");
  }
  return Status(ErrorCode::kIo, "lock data directory " + directory + ": " + Reason(errno));
}

DirectoryLock::~DirectoryLock() { ::close(fd_); }

}  // namespace paxos::storage
