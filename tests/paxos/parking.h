// A small machine behind a SessionTable, whose calls may wait.
//
//   "park"     waits
//   "wake"     answers every parked call "woken", oldest first
//   others     are answered with the number of calls applied so far: "applied 3"
//
// When sessions end, their calls leave the park and the oldest that is left, if any, inherits.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paxos/archive.h"
#include "paxos/session_state_machine.h"

namespace paxos {

class Parking final : public SessionStateMachine {
 public:
  CallOutcome Apply(const CallContext& context, std::string_view payload) override {
    ++applied_;
    if (payload == "park") {
      parked_.emplace_back(context.session, context.seq);
      return CallOutcome{};
    }
    CallOutcome outcome{"applied " + std::to_string(applied_), {}};
    if (payload == "wake") {
      for (const auto& [session, seq] : std::exchange(parked_, {})) {
        outcome.late.push_back(LateReply{session, seq, "woken"});
      }
    }
    return outcome;
  }

  std::vector<LateReply> OnCancel(const CallContext& context, std::uint64_t target) override {
    std::erase(parked_, std::pair(context.session, target));
    return {};
  }

  std::vector<LateReply> OnSessionsEnd(const ApplyContext& /*context*/,
                                       const std::vector<SessionId>& ended) override {
    std::erase_if(parked_, [&](const auto& call) {
      return std::find(ended.begin(), ended.end(), call.first) != ended.end();
    });
    if (parked_.empty()) return {};
    const auto [session, seq] = parked_.front();
    parked_.erase(parked_.begin());
    return {LateReply{session, seq, "inherited"}};
  }

  // The calls it parked.
  [[nodiscard]] std::size_t WeightOf(SessionId session) const override {
    return static_cast<std::size_t>(std::count_if(
        parked_.begin(), parked_.end(), [&](const auto& call) { return call.first == session; }));
  }

  [[nodiscard]] std::string Snapshot() const override {
    return Encode(std::pair(applied_, parked_));
  }

  Status Restore(std::string_view snapshot) override {
    const auto state = Decode<std::pair<std::uint64_t, Calls>>(snapshot);
    if (!state) return state.error();
    std::tie(applied_, parked_) = *state;
    return Status::Ok();
  }

  [[nodiscard]] std::uint64_t applied() const { return applied_; }
  [[nodiscard]] std::size_t parked() const { return parked_.size(); }

 private:
  using Calls = std::vector<std::pair<SessionId, std::uint64_t>>;

  std::uint64_t applied_ = 0;
  Calls parked_;
};

}  // namespace paxos
