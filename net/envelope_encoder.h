// Encodes envelopes, and an Accept's entry once for all the peers it goes to.
#pragma once

#include <optional>
#include <string>

#include "paxos/message.h"

namespace paxos::net {

class EnvelopeEncoder {
 public:
  // Appends what EncodeTo(envelope, out) would.
  void Append(const Envelope& envelope, std::string* out);

 private:
  // Holds on to the entry, so that its address stands for its value.
  std::optional<Accept> last_{};
  std::string last_bytes_{};  // of the Message
};

}  // namespace paxos::net
