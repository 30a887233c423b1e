#include "sim/lock_verdict.h"

#include <optional>
#include <string>
#include <vector>

#include "lockservice/operation.h"
#include "paxos/session_command.h"

namespace paxos::sim {
namespace {

std::optional<SessionResult> ResultIn(const std::optional<std::string>& reply) {
  if (!reply) return std::nullopt;
  const auto result = Decode<SessionResult>(*reply);
  return result.has_value() ? std::optional(*result) : std::nullopt;
}

std::optional<lockservice::Granted> GrantIn(const std::optional<std::string>& reply) {
  const auto result = ResultIn(reply);
  const auto* answered = result ? std::get_if<CallAnswered>(&*result) : nullptr;
  if (answered == nullptr) return std::nullopt;
  const auto operation = Decode<lockservice::OperationReply>(answered->payload);
  if (!operation.has_value()) return std::nullopt;
  const auto* granted = std::get_if<lockservice::Granted>(&*operation);
  return granted == nullptr ? std::nullopt : std::optional(*granted);
}

bool IsAboutLife(const std::optional<std::string>& reply) {
  const auto result = ResultIn(reply);
  return result && (std::holds_alternative<SessionsEnded>(*result) ||
                    std::holds_alternative<SessionsRenewed>(*result));
}

const char* TagOfReplies(const Applied& actual, const Applied& expected) {
  if (IsAboutLife(actual.reply) || IsAboutLife(expected.reply)) return "INV-17";
  const auto granted = GrantIn(actual.reply);
  if (!granted) return "INV-9";
  const auto as_expected = GrantIn(expected.reply);
  if (!as_expected) return "INV-12";
  return granted->token != as_expected->token ? "INV-13" : "INV-9";
}

std::vector<SessionReply> GrantsAmong(const std::vector<SessionReply>& replies) {
  std::vector<SessionReply> grants;
  for (const SessionReply& reply : replies) {
    if (GrantIn(reply.reply)) grants.push_back(reply);
  }
  return grants;
}

bool IsSameCall(const SessionReply& a, const SessionReply& b) {
  return a.session == b.session && a.seq == b.seq;
}

const char* TagOfLateReplies(const Applied& actual, const Applied& expected) {
  const std::vector<SessionReply> granted = GrantsAmong(actual.session_replies);
  const std::vector<SessionReply> as_expected = GrantsAmong(expected.session_replies);
  if (granted.size() != as_expected.size()) return "INV-16";
  for (std::size_t i = 0; i < granted.size(); ++i) {
    if (!IsSameCall(granted[i], as_expected[i])) return "INV-16";
    if (GrantIn(granted[i].reply)->token != GrantIn(as_expected[i].reply)->token) return "INV-13";
  }
  return "INV-9";
}

}  // namespace

const char* TagOfDifference(const Applied& actual, const Applied& expected) {
  return actual.reply != expected.reply ? TagOfReplies(actual, expected)
                                        : TagOfLateReplies(actual, expected);
}

}  // namespace paxos::sim
