"""Law as dated data: versions with their days, the questions that decide a class, and the duties that follow."""
