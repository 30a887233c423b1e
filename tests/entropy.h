#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace entropy {

// Does the file run inside simulations, so that one seed must make it do one thing, on every
// machine? The core, the pure part of the lock service, the simulator without its program.
bool MustBeDeterministic(std::string_view path);

// What in its code could make two runs differ, a sentence each: a clock of the machine's, chance
// that is not the seed's or that libraries draw in their own ways, floating point, the order of
// unordered containers, addresses in the place of keys or numbers.
std::vector<std::string> Leaks(std::string_view code);

}  // namespace entropy
