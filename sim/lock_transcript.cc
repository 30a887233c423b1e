#include "sim/lock_transcript.h"

#include "lockservice/protocol.h"

namespace paxos::sim {
namespace {

std::string OperationText(const SessionResult& result) {
  if (const auto* answered = std::get_if<CallAnswered>(&result)) {
    const auto reply = Decode<lockservice::OperationReply>(answered->payload);
    if (reply.has_value()) return ToText(*reply);
  }
  return ToText(result);
}

std::string ResultText(const std::string& bytes) {
  const auto result = Decode<SessionResult>(bytes);
  return result.has_value() ? OperationText(*result) : "unreadable";
}

}  // namespace

// Requests arrive at a node, responses at a client.
std::string LockTranscript::Describe(const Event& event) const {
  const auto* text = std::get_if<Text>(&event.body);
  if (event.kind != EventKind::kSocket || text == nullptr) return Transcript::Describe(event);
  if (event.node != NodeId{}) {
    const auto request = Decode<lockservice::Request>(text->bytes);
    return request.has_value() ? ToText(*request) : "unreadable";
  }
  const auto response = Decode<lockservice::Response>(text->bytes);
  if (!response.has_value()) return "unreadable";
  const auto* result = std::get_if<lockservice::Result>(&response->body);
  if (result == nullptr) return ToText(*response);
  return "Response{id=" + ToText(response->id) + " index=" + ToText(result->index) + " " +
         OperationText(result->result) + "}";
}

std::string LockTranscript::Describe(const Applied& applied) const {
  std::string text = applied.reply ? ResultText(*applied.reply) : "waits";
  for (const SessionReply& late : applied.session_replies) {
    text += "; " + std::to_string(late.session.value()) + "/" + std::to_string(late.seq) + " " +
            ResultText(late.reply);
  }
  return text;
}

}  // namespace paxos::sim
