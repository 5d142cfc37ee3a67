// A restore by firestore-export-import, as its README says; it is a library without a command.
// Arguments: service account, file, fields that are references.
const fs = require('node:fs')
const { initializeFirebaseApp, restore } = require('firestore-export-import')

const [account, file, refs] = process.argv.slice(2)
const firestore = initializeFirebaseApp(JSON.parse(fs.readFileSync(account, 'utf8')))

restore(firestore, file, { autoParseDates: true, autoParseGeos: true, refs: refs.split(',') }).catch(
  (error) => {
    console.error(error)
    process.exit(1)
  },
)
