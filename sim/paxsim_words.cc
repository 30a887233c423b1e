#include "sim/paxsim_words.h"

#include "lockservice/operation.h"
#include "paxos/session_command.h"
#include "paxos/text_writer.h"

namespace paxos::sim {
namespace {

constexpr std::size_t kTextMax = 300;

std::string Cut(std::string text) {
  if (text.size() > kTextMax) text.replace(kTextMax, std::string::npos, "...");
  return text;
}

std::string TextOf(const Entry& entry) {
  std::string text = "first " + ToText(entry.first_ballot) + " at " + ToText(entry.log_time);
  if (entry.commands.empty()) text += " no-op";
  for (const Command& command : entry.commands) text += "; " + TextOfCommand(command);
  return text;
}

std::string TextOf(const Record& record) {
  if (const auto* vote = std::get_if<AcceptedRecord>(&record))
    return "accepted slot=" + ToText(vote->slot) + " in " + ToText(vote->ballot) + ": " +
           TextOf(*vote->entry);
  if (const auto* learned = std::get_if<LearnedRecord>(&record))
    return "learned slot=" + ToText(learned->slot) + " : " + TextOf(*learned->entry);
  return ToText(record);
}

}  // namespace

std::string NameOf(const Message& message) {
  return std::visit([](const auto& each) { return std::string(each.kName); }, message);
}

std::uint64_t SlotOf(const Message& message) {
  if (const auto* accept = std::get_if<Accept>(&message)) return accept->slot.value();
  if (const auto* accepted = std::get_if<Accepted>(&message)) return accepted->slot.value();
  return 0;
}

std::uint64_t SlotOf(const Record& record) {
  if (const auto* vote = std::get_if<AcceptedRecord>(&record)) return vote->slot.value();
  if (const auto* learned = std::get_if<LearnedRecord>(&record)) return learned->slot.value();
  return 0;
}

// The lock service's, or as it is.
std::string TextOfCommand(std::string_view command) {
  const auto decoded = Decode<SessionCommand>(command);
  if (!decoded.has_value()) return Cut(ToText(std::string(command)));
  const auto* call = std::get_if<SessionCall>(&*decoded);
  if (call == nullptr) return Cut(ToText(*decoded));
  const auto operation = Decode<lockservice::Operation>(call->payload);
  return Cut("call session=" + ToText(call->session) + " seq=" + std::to_string(call->seq) + " " +
             (operation.has_value() ? ToText(*operation) : "unreadable"));
}

std::string TextOf(const Message& message) {
  const auto* accept = std::get_if<Accept>(&message);
  if (accept == nullptr) return Cut(ToText(message));
  return Cut("slot=" + ToText(accept->slot) + " in " + ToText(accept->ballot) + " prefix " +
             ToText(accept->chosen_prefix) + ": " + TextOf(*accept->entry));
}

std::string TextOf(const lockservice::Request& request) { return Cut(ToText(request.body)); }

std::string TextOf(const lockservice::Response& response) {
  const auto* result = std::get_if<lockservice::Result>(&response.body);
  const auto* answered = result == nullptr ? nullptr : std::get_if<CallAnswered>(&result->result);
  if (answered == nullptr) return Cut(ToText(response.body));
  const auto reply = Decode<lockservice::OperationReply>(answered->payload);
  return Cut("index=" + ToText(result->index) + " " +
             (reply.has_value() ? ToText(*reply) : "unreadable"));
}

std::string TextOf(const std::vector<Record>& batch) {
  std::string text;
  for (const Record& record : batch) text += (text.empty() ? "" : " | ") + TextOf(record);
  return Cut(text);
}

}  // namespace paxos::sim
