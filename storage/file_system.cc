#include "storage/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace paxos::storage {
namespace {

// `code` is errno's: read before anything else can change it.
Status Failed(const char* call, const std::string& path, int code) {
  return {code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
          std::string(call) + " " + path + ": " + std::generic_category().message(code)};
}

Status StatusOf(int result, const char* call, const std::string& path) {
  return result == 0 ? Status::Ok() : Failed(call, path, errno);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Status WriteAt(std::uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ::ssize_t written =
          ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<::off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Failed("write", path_, errno);
      offset += static_cast<std::uint64_t>(written);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return Status::Ok();
  }

  // Not tried again on EINTR or anything else: after a failed sync nobody knows what is on disk.
  Status Sync() override { return StatusOf(::fdatasync(fd_.get()), "sync", path_); }

 private:
  Descriptor fd_;
  std::string path_;
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> Create(const std::string& path) override {
    return Open("create", path, O_WRONLY | O_CREAT | O_TRUNC);
  }

  Result<std::unique_ptr<File>> OpenExisting(const std::string& path) override {
    return Open("open", path, O_WRONLY);
  }

  Status Rename(const std::string& from, const std::string& to) override {
    return StatusOf(std::rename(from.c_str(), to.c_str()), "rename", from);
  }

  Status Remove(const std::string& path) override {
    return StatusOf(::unlink(path.c_str()), "remove", path);
  }

  Status CreateDirectory(const std::string& path) override {
    return StatusOf(::mkdir(path.c_str(), 0700), "create directory", path);
  }

  Status SyncDirectory(const std::string& path) override {
    const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0) return Failed("open directory", path, errno);
    return StatusOf(::fsync(directory.get()), "sync directory", path);
  }

  Result<std::uint64_t> FreeBytes(const std::string& path) override {
    struct ::statvfs space = {};
    if (::statvfs(path.c_str(), &space) != 0) return Failed("statvfs", path, errno);
    return std::uint64_t{space.f_bavail} * space.f_frsize;
  }

 private:
  static Result<std::unique_ptr<File>> Open(const char* call, const std::string& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (fd < 0) return Failed(call, path, errno);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(fd, path));
  }
};

}  // namespace

FileSystem& FileSystem::Posix() {
  static PosixFileSystem posix;
  return posix;
}

std::string DirectoryOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::string> ReadFile(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return Failed("open", path, errno);
  std::string content;
  char bytes[4096];
  while (true) {
    const ::ssize_t count = ::read(file.get(), bytes, sizeof(bytes));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failed("read", path, errno);
    if (count == 0) return content;
    content.append(bytes, static_cast<std::size_t>(count));
  }
}

Status CheckFreeSpace(FileSystem& files, const std::string& path, std::uint64_t bytes_min) {
  const Result<std::uint64_t> free = files.FreeBytes(path);
  if (!free) return free.error();
  if (*free >= bytes_min) return Status::Ok();
  return {ErrorCode::kIo, "only " + std::to_string(*free >> 20) + " MiB are free on the disk of " +
                              path + ", at least " + std::to_string(bytes_min >> 20) +
                              " MiB must be"};
}

}  // namespace paxos::storage
