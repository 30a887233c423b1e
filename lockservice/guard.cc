#include "lockservice/guard.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "net/runtime.h"
#include "paxos/crc32c.h"

namespace lockservice {

using paxos::ErrorCode;
using paxos::Instant;
using paxos::Result;
using paxos::Status;

namespace {

constexpr std::string_view kTitle = "quorate guard, format 1\n";
constexpr std::size_t kFileBytesMax = 256;
constexpr timespec kPollInterval{0, 10'000'000};

Status SystemError(const std::string& what) {
  return {ErrorCode::kIo, what + ": " + std::strerror(errno)};
}

// Closes unless released.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::string ChecksumLine(std::string_view text) {
  char line[32];
  std::snprintf(line, sizeof line, "checksum %08x\n", paxos::Crc32c(text));
  return line;
}

Status Lock(int fd, const std::string& file, Instant give_up) {
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return SystemError("lock " + file);
    if (paxos::net::Now() >= give_up)
      return {ErrorCode::kTimeout, file + ": another operation is inside"};
    nanosleep(&kPollInterval, nullptr);
  }
  return Status::Ok();
}

// Whether `file` is still the name of what `fd` refers to.
bool IsCurrent(int fd, const std::string& file) {
  struct stat open_file {};
  struct stat named_file {};
  return fstat(fd, &open_file) == 0 && stat(file.c_str(), &named_file) == 0 &&
         open_file.st_dev == named_file.st_dev && open_file.st_ino == named_file.st_ino;
}

// Opens and locks what bears the name now. -1: there is no such file.
Result<Fd> OpenLocked(const std::string& file, Instant give_up) {
  for (;;) {
    Fd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0 && errno == ENOENT) return fd;
    if (fd.get() < 0) return SystemError("open " + file);
    if (Status locked = Lock(fd.get(), file, give_up); !locked.ok()) return locked;
    if (IsCurrent(fd.get(), file)) return fd;
  }
}

Result<Token> ReadMark(int fd, const std::string& file) {
  char text[kFileBytesMax];
  const ssize_t size = pread(fd, text, sizeof text, 0);
  if (size < 0) return SystemError("read " + file);
  Result<Token> mark = ParseGuardFile({text, static_cast<std::size_t>(size)});
  if (!mark.has_value()) return mark.error().Annotate(file);
  return mark;
}

Status SyncDirectoryOf(const std::string& file) {
  const std::string parent = std::filesystem::path(file).parent_path().string();
  const Fd fd(open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || fsync(fd.get()) != 0) return SystemError("sync the directory of " + file);
  return Status::Ok();
}

// A new file of another name, written, synced and locked.
struct Draft {
  Fd fd;
  std::string name;
};
Result<Draft> WriteDraft(const std::string& file, Token token) {
  std::string name = file + ".XXXXXX";
  Draft draft{Fd(mkostemp(name.data(), O_CLOEXEC)), name};
  if (draft.fd.get() < 0) return SystemError("create a file beside " + file);
  const std::string text = GuardFileText(token);
  const bool is_written =
      fchmod(draft.fd.get(), 0644) == 0 && flock(draft.fd.get(), LOCK_EX | LOCK_NB) == 0 &&
      write(draft.fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      fsync(draft.fd.get()) == 0;
  if (is_written) return draft;
  const Status failed = SystemError("write " + name);
  unlink(name.c_str());
  return failed;
}

// The first token of all: a link fails if somebody else was first, where a rename would forget
// that one's token. -1: somebody was.
Result<Fd> MakeFirst(const std::string& file, Token token) {
  Result<Draft> draft = WriteDraft(file, token);
  if (!draft.has_value()) return draft.error();
  const bool is_linked = link(draft->name.c_str(), file.c_str()) == 0;
  const bool was_late = !is_linked && errno == EEXIST;
  const Status failed = SystemError("create " + file);
  unlink(draft->name.c_str());
  if (was_late) return Fd(-1);
  if (!is_linked) return failed;
  if (Status synced = SyncDirectoryOf(file); !synced.ok()) return synced;
  return std::move(draft->fd);
}

// The caller holds the lock of the present file.
Result<Fd> Raise(const std::string& file, Token token) {
  Result<Draft> draft = WriteDraft(file, token);
  if (!draft.has_value()) return draft.error();
  if (rename(draft->name.c_str(), file.c_str()) != 0) {
    const Status failed = SystemError("replace " + file);
    unlink(draft->name.c_str());
    return failed;
  }
  if (Status synced = SyncDirectoryOf(file); !synced.ok()) return synced;
  return std::move(draft->fd);
}

}  // namespace

Result<Guard> Guard::Enter(const std::string& file, Token token,
                           std::optional<paxos::Duration> wait) {
  const Instant give_up = wait ? paxos::net::Now() + *wait : paxos::kNever;
  for (;;) {
    Result<Fd> present = OpenLocked(file, give_up);
    if (!present.has_value()) return present.error();
    if (present->get() < 0) {
      Result<Fd> first = MakeFirst(file, token);
      if (!first.has_value()) return first.error();
      if (first->get() < 0) continue;
      return Guard(first->Release());
    }
    const Result<Token> mark = ReadMark(present->get(), file);
    if (!mark.has_value()) return mark.error();
    if (token == *mark) {
      // Whoever raised the mark may have died before the directory was safe.
      if (Status synced = SyncDirectoryOf(file); !synced.ok()) return synced;
      return Guard(present->Release());
    }
    if (token < *mark) {
      return Status(ErrorCode::kConflict, "token " + ShortText(token) + " is stale: " + file +
                                              " has been entered with token " + ShortText(*mark));
    }
    Result<Fd> raised = Raise(file, token);
    if (!raised.has_value()) return raised.error();
    return Guard(raised->Release());
  }
}

Guard::~Guard() {
  if (fd_ >= 0) close(fd_);
}

Status Guard::KeepAcrossExec() {
  if (fcntl(fd_, F_SETFD, 0) != 0) return SystemError("keep the guard across exec");
  return Status::Ok();
}

// ---- format ---------------------------------------------------------------------------------

std::string GuardFileText(Token token) {
  const std::string text = std::string(kTitle) + "token " + ShortText(token) + "\n";
  return text + ChecksumLine(text);
}

Result<Token> ParseGuardFile(std::string_view text) {
  const Status damaged(ErrorCode::kDamaged, "not the file of a guard, or damaged");
  constexpr std::string_view kToken = "token ";
  if (!text.starts_with(kTitle)) return damaged;
  const std::string_view rest = text.substr(kTitle.size());
  if (!rest.starts_with(kToken)) return damaged;
  std::uint64_t number = 0;
  std::from_chars(rest.data() + kToken.size(), rest.data() + rest.size(), number);
  // There is one text for a token, so a comparison checks all of it.
  if (text != GuardFileText(Token(number))) return damaged;
  return Token(number);
}

}  // namespace lockservice
