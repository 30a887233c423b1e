#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace layering {

// The text with every comment blanked out, so that prose may name what code may not use. Line
// breaks stay, and string literals are kept as they are.
std::string WithoutComments(std::string_view text);

// What is wrong with one source file, a sentence each, empty when it keeps the rules:
//  - includes point inward only: lockservice -> {net, storage} -> paxos -> std, and the simulator's
//    library knows paxos alone;
//  - a file includes the header of its name before all others;
//  - third-party headers stay in the folder that owns them;
//  - words that would break determinism or purity (a clock, chance, a thread) stay out of the core
//    and the simulator;
//  - nothing is left marked for later.
// `path` is relative to the root of the tree, such as "paxos/node.h".
std::vector<std::string> Violations(std::string_view path, std::string_view text);

}  // namespace layering
