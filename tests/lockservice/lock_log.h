// The lock service's two state machines, lock table inside session table, under a log that the test
// writes by hand: each call appends one command at the log's time and returns what it answered.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lockservice/lock_table.h"
#include "paxos/session_table.h"

namespace lockservice {

class LockLog {
 public:
  explicit LockLog(const LockTableOptions& locks = {},
                   const paxos::SessionTableOptions& sessions = {})
      : locks_(locks), sessions_(sessions, locks_) {}

  void Pass(paxos::Duration time) { log_time_ += time; }

  paxos::Applied Append(const paxos::SessionCommand& command) {
    paxos::Applied applied = sessions_.Apply({++index_, log_time_}, paxos::EncodeCommand(command));
    late_ = applied.session_replies;
    return applied;
  }

  paxos::SessionId Open(std::chrono::milliseconds ttl = std::chrono::seconds{10}) {
    const auto applied = Append(paxos::OpenSession{{1, ++nonce_}, ttl});
    const auto result = *paxos::Decode<paxos::SessionResult>(*applied.reply);
    return std::get<paxos::SessionOpened>(result).session;
  }

  // The next call of the session; seqs count from 1. All replies stay unanswered (and kept).
  paxos::Applied Call(paxos::SessionId session, const Operation& operation) {
    return Call(session, ++seqs_[session], operation);
  }
  paxos::Applied Call(paxos::SessionId session, std::uint64_t seq, const Operation& operation) {
    return Append(paxos::SessionCall{session, seq, 1, paxos::Encode(operation), {}});
  }
  paxos::Applied Cancel(paxos::SessionId session, std::uint64_t target) {
    return Append(paxos::CancelCall{session, ++seqs_[session], 1, target, {}});
  }
  void Close(paxos::SessionId session) { Append(paxos::CloseSession{session}); }
  void Tick() { Append(paxos::Tick{}); }

  // The seq of the session's last call.
  [[nodiscard]] std::uint64_t seq(paxos::SessionId session) { return seqs_[session]; }

  // ---- as text: "Granted{token=1 count=1}", "not owner", "" for a call that waits
  std::string Take(paxos::SessionId session, const std::string& name, OwnerId owner = OwnerId(1)) {
    return TextOf(Call(session, Acquire{name, owner, AcquireMode::kWait, ""}));
  }
  std::string Try(paxos::SessionId session, const std::string& name, OwnerId owner = OwnerId(1)) {
    return TextOf(Call(session, Acquire{name, owner, AcquireMode::kTry, ""}));
  }
  std::string Free(paxos::SessionId session, const std::string& name, std::uint64_t token,
                   OwnerId owner = OwnerId(1)) {
    return TextOf(Call(session, Release{name, owner, Token(token)}));
  }

  static std::string TextOf(const paxos::Applied& applied) {
    return applied.reply ? TextOf(*applied.reply) : "";
  }
  // An encoded SessionResult; the lock table's own words if it is an answered call.
  static std::string TextOf(const std::string& reply) {
    const auto result = *paxos::Decode<paxos::SessionResult>(reply);
    if (const auto* answered = std::get_if<paxos::CallAnswered>(&result)) {
      return paxos::ToText(*paxos::Decode<OperationReply>(answered->payload));
    }
    if (const auto* cancelled = std::get_if<paxos::CallCancelled>(&result)) {
      return "cancel: " + TextOf(cancelled->target_reply);
    }
    return paxos::ToText(result);
  }

  // What the last command answered late: "2/1 Granted{token=2 count=1}" (session/seq), a comma
  // between two.
  [[nodiscard]] std::string late() const {
    std::string text;
    for (const paxos::SessionReply& reply : late_) {
      if (!text.empty()) text += ", ";
      text += paxos::ToText(reply.session) + "/" + std::to_string(reply.seq) + " " +
              TextOf(reply.reply);
    }
    return text;
  }

  template <class Reply>
  Reply Ask(const Query& query) const {
    return std::get<Reply>(locks_.Answer(query));
  }
  [[nodiscard]] std::string Check(const std::string& name, std::uint64_t token) const {
    return paxos::ToText(Ask<TokenStanding>(lockservice::Check{name, Token(token)}));
  }
  // The session that holds it; 0 = nobody.
  [[nodiscard]] paxos::SessionId HolderOf(const std::string& name) const {
    const auto view = Ask<LockView>(GetLock{name});
    return view.holder ? view.holder->session : paxos::SessionId{};
  }
  [[nodiscard]] std::uint64_t Waiting(const std::string& name) const {
    return Ask<LockView>(GetLock{name}).waiting;
  }

  [[nodiscard]] const std::vector<paxos::SessionReply>& late_replies() const { return late_; }
  [[nodiscard]] const LockTable& locks() const { return locks_; }
  [[nodiscard]] paxos::SessionTable& sessions() { return sessions_; }
  [[nodiscard]] paxos::LogTime log_time() const { return log_time_; }

 private:
  LockTable locks_;
  paxos::SessionTable sessions_;
  paxos::CommandIndex index_{};
  paxos::LogTime log_time_{};
  std::uint64_t nonce_ = 0;
  std::map<paxos::SessionId, std::uint64_t> seqs_;
  std::vector<paxos::SessionReply> late_;
};

}  // namespace lockservice
