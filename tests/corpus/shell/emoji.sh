#!/bin/sh
# Emoji of one, two and many code points.
echo "✅ healthy  ❌ down  ⚠️ degraded  ☁ no selector"
echo "👩‍💻 👨‍👩‍👧‍👦 🏳️‍🌈 🇨🇳🇩🇪 👍🏽 1️⃣"
status=🚀; echo "$status deployed" | grep -c 🚀
