#include "lockservice/lockctl_cluster.h"

#include <random>
#include <utility>

namespace lockservice {

using paxos::net::Now;

namespace {

constexpr paxos::Duration kForEver = std::chrono::hours{24 * 365 * 100};

std::string Joined(const std::vector<std::string>& endpoints) {
  std::string all;
  for (const std::string& endpoint : endpoints) all += (all.empty() ? "" : ", ") + endpoint;
  return all;
}

}  // namespace

ClientOptions ClientOptionsFor(std::vector<std::string> endpoints) {
  std::random_device device;
  const std::uint64_t high = device();
  ClientOptions options;
  options.endpoints = std::move(endpoints);
  options.seed = high << 32 | device();
  return options;
}

Cluster::Cluster(const Settings& settings)
    : settings_(settings), loop_(runtime_, ClientOptionsFor(settings.endpoints), *this) {}

std::optional<CallResult> Cluster::Wait(CallId call) { return Wait(call, kForEver); }

std::optional<CallResult> Cluster::Wait(CallId call, paxos::Duration at_most) {
  runtime_.RunUntil([&] { return completed_.contains(call) || is_interrupted_(); }, at_most);
  auto found = completed_.extract(call);
  if (found.empty()) return std::nullopt;
  return std::move(found.mapped());
}

bool Cluster::Open(std::chrono::milliseconds ttl, int* exit_code) {
  const auto result = Wait(client().Open(Now(), ttl, settings_.patience));
  if (!result) return false;
  const auto* error = std::get_if<CallError>(&*result);
  if (error != nullptr) *exit_code = Explain(*error);
  return error == nullptr;
}

std::optional<ReadResult> Cluster::Read(Query query, int* exit_code) {
  const auto result = Wait(client().Read(Now(), std::move(query), settings_.patience));
  if (!result) return std::nullopt;
  if (const auto* read = std::get_if<ReadResult>(&*result)) return *read;
  *exit_code = Explain(std::get<CallError>(*result));
  return std::nullopt;
}

int Cluster::Explain(const CallError& error) {
  switch (error.why) {
    case CallFailure::kUnreachable: {
      const std::string trouble = loop_.last_trouble();
      return Fail(ExitCode::kUnreachable, "cluster unreachable: no leader answers at " +
                                              Joined(settings_.endpoints) +
                                              (trouble.empty() ? "" : " (last: " + trouble + ")"));
    }
    case CallFailure::kRefused:
      return Fail(ExitCode::kUsage, error.message);
    case CallFailure::kOverloaded:
      return Fail(ExitCode::kTryLater, error.message + "; try later");
    case CallFailure::kSessionLost:
      return Fail(ExitCode::kTryLater, "session lost: " + error.message);
    case CallFailure::kNoSession:
    case CallFailure::kTimedOut:
    case CallFailure::kCancelled:
      break;
  }
  return Fail(ExitCode::kTryLater, error.message);
}

void Cluster::OnCompletion(const Completion& completion) {
  completed_.insert_or_assign(completion.call, completion.result);
}

}  // namespace lockservice
