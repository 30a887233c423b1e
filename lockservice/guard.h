// A ready-made guard for a resource on this machine (LOCKS S5): a file that keeps the highest
// fencing token seen. Whoever touches the resource, to read it or to write it, enters with its
// token first.
//
//   token < mark   refused: a later holder has been here
//   token = mark   enters
//   token > mark   raises the mark durably, then enters
//
// One operation is inside at a time: the guard is an flock(2) on the file, held from the decision
// until Leave, or by a program that inherits it. Without that, an operation that was let in with
// the old token could still write after one with the new token has read.
//
// The mark is raised by writing a new file and renaming it over the old one, the new one being
// locked before it gets its name; who waited for the lock of the old one looks again. The file
// must live as long as the resource: a guard without its file has forgotten every token.
//
//   quorate guard, format 1
//   token 281474976710657
//   checksum 31b06cf9        CRC-32C, in hexadecimal, of the lines above
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lockservice/operation.h"
#include "paxos/result.h"
#include "paxos/time.h"

namespace lockservice {

class Guard {
 public:
  // kConflict: the token is stale; the message says by what. kDamaged: not a guard's file.
  // kTimeout: another operation was inside for all of `wait` (none: waits for ever). kIo.
  static paxos::Result<Guard> Enter(const std::string& file, Token token,
                                    std::optional<paxos::Duration> wait = std::nullopt);

  Guard(Guard&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Guard& operator=(Guard&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Guard();

  // Lets programs that this process executes inherit the guard: they are inside until the last of
  // them ends.
  paxos::Status KeepAcrossExec();

 private:
  explicit Guard(int fd) : fd_(fd) {}

  int fd_;
};

// The file's text. kDamaged if it is not one.
std::string GuardFileText(Token token);
paxos::Result<Token> ParseGuardFile(std::string_view text);

}  // namespace lockservice
