"""A long run of mixed calls from several guests to several apps, each answer checked."""
