// Golden transcripts: a story in commands, and what the replicas said. tests/README.md has the
// commands; tests/scenarios has the stories.
#pragma once

#include <string>
#include <string_view>

namespace paxos::scenario {

// Plays a transcript: "> command" lines are carried out, comments ("# ...") and blank lines are
// kept, everything else is replaced by what is said now. Throws std::runtime_error with the line's
// number if a command makes no sense or the replicas disagree.
std::string Play(std::string_view transcript);

}  // namespace paxos::scenario
